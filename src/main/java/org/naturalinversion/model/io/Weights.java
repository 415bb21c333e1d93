package org.naturalinversion.model.io;

import static org.naturalinversion.model.io.ModelFileException.quote;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.model.io.ModelFile.Region;
import org.naturalinversion.tensor.HostTensor;

/**
 * The named tensors of a file, in its order, and what it says about them.
 *
 * @param file where they were read from
 * @param format what the file turned out to be
 * @param metadata texts beside the tensors; of a PyTorch checkpoint the numbers and texts at its
 *     top
 * @param tensors by name; at least one unless the file is safetensors
 */
public record Weights(
        Path file, Format format, Map<String, String> metadata, Map<String, HostTensor> tensors) {

    /** The formats that are read; an ONNX file has more than weights, and a reader of its own. */
    public enum Format {
        SAFETENSORS,
        TORCH_ZIP,
        TORCH_LEGACY,
        ONNX
    }

    /** How many bytes of an unknown file a complaint shows. */
    private static final int SHOWN = 24;

    /** How many tensors a complaint names. */
    private static final int NAMED = 3;

    /** Copies the maps, and keeps their order. */
    public Weights {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /**
     * Reads a file of any known format, recognised by its content, not by its name.
     *
     * @throws ModelFileException if there is no such file, or it cannot be read, is of no known
     *     format, or is refused by {@link Safetensors} or {@link TorchCheckpoint}
     */
    public static Weights read(Path path) {
        try (ModelFile file = ModelFile.open(path)) {
            return read(file);
        }
    }

    static Weights read(ModelFile file) {
        if (Safetensors.isPlausible(file)) {
            return Safetensors.read(file);
        }
        if (TorchCheckpoint.isPlausible(file)) {
            return TorchCheckpoint.read(file);
        }
        throw unknown(file);
    }

    private static ModelFileException unknown(ModelFile file) {
        byte[] bytes = file.bytes(new Region(0, Math.min(file.size(), SHOWN)), "its first bytes");
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        String found = "begins with the bytes " + HexFormat.ofDelimiter(" ").formatHex(bytes);
        if (text.startsWith("version https://git-lfs")) {
            found = "is only the pointer to a file in Git LFS (git lfs pull fetches the file)";
        } else if (text.stripLeading().startsWith("<")) {
            found = "looks like a web page";
        }
        return file.refuse(found + ", expected safetensors, a PyTorch checkpoint or ONNX");
    }

    /**
     * These weights, if all their values are finite.
     *
     * @throws ModelFileException that names the first tensors with NaN or infinity, and how many of
     *     their values are so
     */
    public Weights requireFinite() {
        List<String> faults = new ArrayList<>();
        tensors.forEach(
                (name, tensor) -> {
                    long count = nonFinite(tensor);
                    if (count > 0) {
                        faults.add(
                                "%s (%d of %d)"
                                        .formatted(quote(name), count, tensor.shape().elements()));
                    }
                });
        if (!faults.isEmpty()) {
            throw new ModelFileException(
                    file,
                    "has values that are NaN or infinite in %d of %d tensors: %s%s"
                            .formatted(
                                    faults.size(),
                                    tensors.size(),
                                    String.join(
                                            ", ",
                                            faults.subList(0, Math.min(NAMED, faults.size()))),
                                    faults.size() > NAMED ? ", ..." : ""));
        }
        return this;
    }

    /** Counts the values whose exponent bits are all ones. */
    private static long nonFinite(HostTensor tensor) {
        ByteBuffer data = tensor.data();
        long count = 0;
        switch (tensor.dtype()) {
            case F64 -> {
                while (data.hasRemaining()) {
                    count += Double.isFinite(data.getDouble()) ? 0 : 1;
                }
            }
            case F32 -> {
                while (data.hasRemaining()) {
                    count += Float.isFinite(data.getFloat()) ? 0 : 1;
                }
            }
            case F16 -> count = nonFiniteShorts(data, 0x7c00);
            case BF16 -> count = nonFiniteShorts(data, 0x7f80);
            default -> {}
        }
        return count;
    }

    private static long nonFiniteShorts(ByteBuffer data, int exponent) {
        long count = 0;
        while (data.hasRemaining()) {
            count += (data.getShort() & exponent) == exponent ? 1 : 0;
        }
        return count;
    }
}

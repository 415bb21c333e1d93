package org.naturalinversion.model.io;

import static org.naturalinversion.model.io.ModelFileException.quote;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.naturalinversion.model.io.ModelFile.Region;
import org.naturalinversion.model.io.Weights.Format;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;

/**
 * Reads and writes safetensors: 8 bytes with the length of the header, the header, and the values
 * of the tensors, all little-endian and row-major. The header is a JSON object in UTF-8, perhaps
 * followed by spaces:
 *
 * <pre>{@code
 * {"__metadata__": {"name": "text"},
 *  "conv1.weight": {"dtype": "F32", "shape": [16, 3, 3, 3], "data_offsets": [0, 1728]}}
 * }</pre>
 *
 * Offsets count from the end of the header; the tensors together cover every byte behind it, each
 * byte once.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">The format</a>
 */
public final class Safetensors {
    /** As the format has it. */
    static final int LARGEST_HEADER = 100_000_000;

    private static final int LENGTH_BYTES = 8;
    private static final int ALIGNMENT = 8;

    /** One transfer; larger ones would pass through a direct buffer of their own size. */
    private static final int CHUNK = 1 << 20;

    private static final JsonMapper JSON = new JsonMapper();

    private Safetensors() {}

    /**
     * Reads a file. Tensors and metadata come in the order of the header.
     *
     * @throws ModelFileException if the file cannot be read or breaks a rule of the format, however
     *     small: a header that is no strict JSON, says a name twice, or has an unknown type or
     *     field; a tensor whose bytes are not those of its shape; tensors that overlap, leave bytes
     *     out, or end before or after the file does
     */
    public static Weights read(Path path) {
        try (ModelFile file = ModelFile.open(path)) {
            return read(file);
        }
    }

    /**
     * Whether a file looks like one of these: a header that is not huge and begins with a brace.
     */
    static boolean isPlausible(ModelFile file) {
        if (file.size() <= LENGTH_BYTES) {
            return false;
        }
        ByteBuffer start = file.read(new Region(0, LENGTH_BYTES + 1), "its first bytes");
        return start.getLong(0) >>> 32 == 0 && start.get(LENGTH_BYTES) == '{';
    }

    static Weights read(ModelFile file) {
        long headerBytes = file.read(new Region(0, LENGTH_BYTES), "its first field").getLong();
        if (headerBytes < 0 || headerBytes > LARGEST_HEADER) {
            throw file.refuse(
                    "has a header of %s bytes, expected at most %d"
                            .formatted(Long.toUnsignedString(headerBytes), LARGEST_HEADER));
        }
        byte[] json = file.bytes(new Region(LENGTH_BYTES, headerBytes), "its header");
        if (headerBytes == 0 || json[0] != '{') {
            throw file.refuse("has a header that does not begin with '{'");
        }
        SafetensorsHeader header = SafetensorsHeader.parse(file, json);
        long dataStart = LENGTH_BYTES + headerBytes;
        header.requireCover(file, file.size() - dataStart);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        header.entries()
                .forEach(
                        (name, entry) -> {
                            long length = entry.end() - entry.begin();
                            Region region = new Region(dataStart + entry.begin(), length);
                            ByteBuffer data = file.read(region, "tensor " + quote(name));
                            tensors.put(name, new HostTensor(entry.dtype(), entry.shape(), data));
                        });
        return new Weights(file.path(), Format.SAFETENSORS, header.metadata(), tensors);
    }

    /**
     * Writes a file, or replaces one, as a whole. The header names the tensors in the order given;
     * their values stand with the widest types first, so that each begins at a multiple of its
     * type's size. The same tensors and metadata always give the same bytes.
     *
     * @throws java.io.UncheckedIOException if the file cannot be written; then there is no trace of
     *     the try, and a file that was there before is as it was
     * @throws IllegalArgumentException if a tensor is called {@code __metadata__} or the names make
     *     a header of over 100 MB
     */
    public static void write(
            Path path, Map<String, String> metadata, Map<String, HostTensor> tensors) {
        AtomicFiles.write(path, content(metadata, tensors));
    }

    /**
     * What {@link #write} writes, to be written together with other files.
     *
     * @throws IllegalArgumentException as {@link #write} does
     */
    public static AtomicFiles.Content content(
            Map<String, String> metadata, Map<String, HostTensor> tensors) {
        if (tensors.containsKey(SafetensorsHeader.METADATA)) {
            throw new IllegalArgumentException(
                    "no tensor may be called " + SafetensorsHeader.METADATA);
        }
        List<Map.Entry<String, HostTensor>> widestFirst =
                tensors.entrySet().stream()
                        .sorted(Comparator.comparingInt(entry -> -entry.getValue().dtype().bytes()))
                        .toList();
        byte[] header = header(metadata, tensors, widestFirst);
        return channel -> {
            write(channel, ByteBuffer.wrap(header));
            for (Map.Entry<String, HostTensor> entry : widestFirst) {
                write(channel, entry.getValue().data());
            }
        };
    }

    /** A tensor as the header has it. */
    private record JsonEntry(
            DType dtype, List<Long> shape, @JsonProperty("data_offsets") List<Long> offsets) {}

    /** The length of the header and the header, filled up with spaces to a multiple of 8 bytes. */
    private static byte[] header(
            Map<String, String> metadata,
            Map<String, HostTensor> tensors,
            List<Map.Entry<String, HostTensor>> inFile) {
        Map<String, Long> begins = new HashMap<>();
        long position = 0;
        for (Map.Entry<String, HostTensor> entry : inFile) {
            begins.put(entry.getKey(), position);
            position += entry.getValue().data().remaining();
        }
        Map<String, Object> root = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            root.put(SafetensorsHeader.METADATA, new TreeMap<>(metadata));
        }
        tensors.forEach(
                (name, tensor) -> {
                    long begin = begins.get(name);
                    long end = begin + tensor.data().remaining();
                    List<Long> shape = LongStream.of(tensor.shape().toArray()).boxed().toList();
                    root.put(name, new JsonEntry(tensor.dtype(), shape, List.of(begin, end)));
                });
        byte[] json = json(root);
        if (json.length > LARGEST_HEADER - ALIGNMENT) {
            throw new IllegalArgumentException(
                    "a header of %d bytes, the format allows %d"
                            .formatted(json.length, LARGEST_HEADER));
        }
        int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] header = new byte[LENGTH_BYTES + padded];
        Arrays.fill(header, (byte) ' ');
        ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json);
        return header;
    }

    private static byte[] json(Map<String, Object> root) {
        try {
            return JSON.writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a name that is not Unicode text", e);
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        int end = bytes.limit();
        while (bytes.position() < end) {
            channel.write(bytes.limit(Math.min(end, bytes.position() + CHUNK)));
        }
    }
}

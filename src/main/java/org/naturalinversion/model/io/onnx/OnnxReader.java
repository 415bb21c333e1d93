package org.naturalinversion.model.io.onnx;

import static org.naturalinversion.model.io.ModelFileException.quote;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.io.ModelFile;
import org.naturalinversion.model.io.ModelFile.Region;
import org.naturalinversion.model.io.ModelFileException;
import org.naturalinversion.tensor.Shape;

/**
 * Reads classifiers from ONNX files, opset 9 and later: one input of images [N, C, H, W] (or [N, H,
 * W, C], transposed at once), of which the first output [N, classes] is taken. A softmax at the end
 * is left out: logits are what comes before it. BatchNorm layers remain BatchNorm layers; those
 * that an exporter has multiplied into convolutions are gone.
 */
public final class OnnxReader {
    private static final int OLDEST_OPSET = 9;

    /** Extents of images and batches are no larger. */
    private static final long LARGEST = 1 << 16;

    /**
     * The size of a batch that a file leaves open, while the file is read: a prime that no other
     * extent is likely to be a multiple of, so that what is per image can be told from what is not.
     */
    private static final int OPEN_BATCH = 127;

    /**
     * How the fields of a model begin: ir_version first, as all writers have it, then any other.
     */
    private static final int IR_VERSION = 0x08;

    private static final Set<Integer> OTHER_FIELDS =
            Set.of(0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72);

    private final ModelFile file;
    private final Tensors tensors;
    private final Integer inputSize;

    private OnnxReader(ModelFile file, Tensors tensors, Integer inputSize) {
        this.file = file;
        this.tensors = tensors;
        this.inputSize = inputSize;
    }

    /** Whether a file is ONNX, by its first bytes or its name. */
    public static boolean isPlausible(ModelFile file) {
        if (file.path().toString().endsWith(".onnx")) {
            return true;
        }
        if (file.size() < 3) {
            return false;
        }
        byte[] bytes = file.bytes(new Region(0, 3), "its first bytes");
        return bytes[0] == IR_VERSION && bytes[1] > 0 && OTHER_FIELDS.contains((int) bytes[2]);
    }

    /**
     * Reads a file and the files beside it that hold its weights.
     *
     * @param inputSize height and width of images where the file leaves them open; null if not
     *     known
     * @throws ModelFileException if it is damaged, or has something that is not supported; the
     *     message names the node
     * @throws IllegalArgumentException if the file has images of another size than asked for
     */
    public static OnnxModel read(ModelFile file, Integer inputSize) {
        try (Tensors tensors = new Tensors(file)) {
            return new OnnxReader(file, tensors, inputSize).read(Message.parse(file));
        }
    }

    private OnnxModel read(ModelProto model) {
        GraphProto graph = model.getGraph();
        if (!model.hasGraph() || graph.getNodeCount() == 0 || graph.getOutputCount() == 0) {
            throw file.refuse(
                    "has no graph, or one without nodes or outputs; is it an ONNX model?");
        }
        if (graph.getSparseInitializerCount() > 0) {
            throw file.refuse("has sparse weights, which are not supported");
        }
        long opset = opset(model);
        ValueInfoProto input = input(graph);
        List<Long> extents = extents(input);
        if (extents.get(0) > 0) {
            return read(model, opset, input, extents.get(0));
        }
        try {
            return read(model, opset, input, OPEN_BATCH);
        } catch (ModelFileException e) {
            // Exporters leave a batch open that the graph was traced with: one image, then.
            try {
                return read(model, opset, input, 1);
            } catch (ModelFileException again) {
                e.addSuppressed(again);
                throw e;
            }
        }
    }

    private OnnxModel read(ModelProto model, long opset, ValueInfoProto input, long images) {
        GraphProto graph = model.getGraph();
        List<Long> extents = extents(input);
        boolean channelsLast = isChannels(extents.get(3)) && !isChannels(extents.get(1));
        ImageSize image =
                channelsLast
                        ? image(extents.get(1), extents.get(2), extents.get(3))
                        : image(extents.get(2), extents.get(3), extents.get(1));
        Recorder recorder = new Recorder(file, new Factor(images), image);
        View pixels = recorder.map(0);
        View seen = channelsLast ? pixels.transposed(List.of(0, 2, 3, 1)) : pixels;
        Symbol result = new Walk(file, tensors, graph, opset).run(recorder, input.getName(), seen);
        View logits = logits(recorder, graph.getOutput(0).getName(), result);
        Map<String, String> metadata = new LinkedHashMap<>();
        for (StringStringEntryProto entry : model.getMetadataPropsList()) {
            metadata.put(entry.getKey(), entry.getValue());
        }
        Map<String, Shape> shapes = new HashMap<>();
        recorder.weights().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        OnnxArchitecture architecture =
                new OnnxArchitecture(
                        metadata.getOrDefault("architecture", "onnx"),
                        recorder.stored(logits.slot()).dim(1),
                        image,
                        recorder.steps(),
                        shapes,
                        logits.slot());
        return new OnnxModel(architecture, recorder.weights(), metadata);
    }

    private long opset(ModelProto model) {
        long opset =
                model.getOpsetImportList().stream()
                        .filter(set -> Walk.isStandard(set.getDomain()))
                        .mapToLong(set -> set.getVersion())
                        .max()
                        .orElse(0);
        if (opset < OLDEST_OPSET) {
            throw file.refuse(
                    "has ONNX opset %d; supported are %d and later: export it with a newer one"
                            .formatted(opset, OLDEST_OPSET));
        }
        return opset;
    }

    /** The one input that is no weight. */
    private ValueInfoProto input(GraphProto graph) {
        Set<String> weights = new HashSet<>();
        graph.getInitializerList().forEach(tensor -> weights.add(tensor.getName()));
        List<ValueInfoProto> inputs =
                graph.getInputList().stream()
                        .filter(input -> !weights.contains(input.getName()))
                        .toList();
        if (inputs.size() != 1) {
            throw file.refuse(
                    "has %d inputs, expected one of images [N, C, H, W]".formatted(inputs.size()));
        }
        return inputs.get(0);
    }

    /** Four extents; 0 for those that are open. */
    private List<Long> extents(ValueInfoProto input) {
        int type = input.getType().getTensorType().getElemType();
        boolean real =
                List.of(
                                TensorProto.DataType.FLOAT_VALUE,
                                TensorProto.DataType.FLOAT16_VALUE,
                                TensorProto.DataType.BFLOAT16_VALUE,
                                TensorProto.DataType.DOUBLE_VALUE)
                        .contains(type);
        TensorShapeProto shape = input.getType().getTensorType().getShape();
        String name = quote(input.getName());
        if (!real || shape.getDimCount() != 4) {
            throw file.refuse(
                    "has an input %s of type %s and %d axes, expected images [N, C, H, W] of floats"
                            .formatted(
                                    name,
                                    TensorProto.DataType.forNumber(type),
                                    shape.getDimCount()));
        }
        List<Long> extents =
                shape.getDimList().stream()
                        .map(Dimension::getDimValue)
                        .map(extent -> Math.max(0, extent))
                        .toList();
        if (extents.stream().anyMatch(extent -> extent > LARGEST)) {
            throw file.refuse(
                    "has an input %s of shape %s, which is too large".formatted(name, extents));
        }
        return extents;
    }

    private static boolean isChannels(long extent) {
        return extent == 1 || extent == 3;
    }

    private ImageSize image(long height, long width, long channels) {
        if (channels == 0) {
            throw file.refuse("does not say how many channels its images have");
        }
        boolean open = height == 0 || width == 0;
        if (open && inputSize == null) {
            throw file.refuse("leaves height and width of its images open; use --input-size");
        }
        long h = height == 0 ? inputSize : height;
        long w = width == 0 ? inputSize : width;
        if (inputSize != null && (h != inputSize || w != inputSize)) {
            throw new IllegalArgumentException(
                    "%s takes images of %d x %d, not of %d x %d"
                            .formatted(file.path(), h, w, inputSize, inputSize));
        }
        return new ImageSize((int) h, (int) w, (int) channels);
    }

    /** The result as rows of logits. */
    private View logits(Recorder recorder, String name, Symbol result) {
        Shape shape = result.shape();
        boolean fits =
                result instanceof View
                        && shape.rank() >= 2
                        && IntStream.range(2, shape.rank()).allMatch(axis -> shape.get(axis) == 1);
        if (!fits) {
            throw file.refuse(
                    "has an output %s of shape %s, expected logits [N, classes] that depend on the image"
                            .formatted(quote(name), shape));
        }
        try {
            View view = recorder.beforeSoftmax((View) result).byImages();
            for (int axis = shape.rank() - 1; axis > 1; axis--) {
                view = view.squeezed(axis);
            }
            return recorder.canonical(view);
        } catch (IllegalArgumentException e) {
            throw file.refuse("has an output %s: %s".formatted(quote(name), e.getMessage()), e);
        }
    }
}

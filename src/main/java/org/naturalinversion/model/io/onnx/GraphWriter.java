package org.naturalinversion.model.io.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** An ONNX graph in the making. */
final class GraphWriter {
    /** The name of the images. */
    static final String INPUT = "image";

    private static final String OUTPUT = "logits";
    private static final String BATCH = "batch";

    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private final Map<String, HostTensor> initializers = new LinkedHashMap<>();
    private final Set<String> taken = new HashSet<>(Set.of(INPUT, OUTPUT));

    /**
     * Adds a node of one output. Both get the name, or where that is taken, one like it.
     *
     * @return the output's name
     */
    String node(String type, String name, List<String> inputs, AttributeProto... attributes) {
        String unique = name;
        for (int i = 1; !taken.add(unique); i++) {
            unique = name + "_" + i;
        }
        graph.addNode(
                NodeProto.newBuilder()
                        .setOpType(type)
                        .setName(unique)
                        .addAllInput(inputs)
                        .addOutput(unique)
                        .addAllAttribute(List.of(attributes)));
        return unique;
    }

    /** Adds a node that no weights give a name. */
    String node(String type, List<String> inputs, AttributeProto... attributes) {
        return node(type, type, inputs, attributes);
    }

    /**
     * Adds a tensor, once if the same is added again. Numbers that are no integers become float32.
     *
     * @return its name: the one given, or one like it where that is another tensor's
     */
    String tensor(String name, HostTensor tensor) {
        boolean integers = tensor.dtype() == DType.I64;
        HostTensor stored =
                integers || tensor.dtype() == DType.F32
                        ? tensor
                        : HostTensor.of(tensor.shape(), tensor.toFloats());
        String unique = name;
        for (int i = 1; !taken.add(unique); i++) {
            if (stored.equals(initializers.get(unique))) {
                return unique;
            }
            unique = name + "_" + i;
        }
        initializers.put(unique, stored);
        graph.addInitializer(
                TensorProto.newBuilder()
                        .setName(unique)
                        .setDataType(
                                (integers ? TensorProto.DataType.INT64 : TensorProto.DataType.FLOAT)
                                        .getNumber())
                        .addAllDims(LongStream.of(stored.shape().toArray()).boxed().toList())
                        .setRawData(UnsafeByteOperations.unsafeWrap(stored.data())));
        return unique;
    }

    /** Adds a vector of integers. */
    String integers(String name, long... values) {
        return tensor(name, HostTensor.of(Shape.of(values.length), values));
    }

    /** Adds float32 numbers. */
    String floats(String name, Shape shape, float... values) {
        return tensor(name, HostTensor.of(shape, values));
    }

    /** How many bytes all tensors have together. */
    long weightBytes() {
        return initializers.values().stream()
                .mapToLong(t -> t.shape().elements() * t.dtype().bytes())
                .sum();
    }

    /** Makes a value the output, which changes its name. */
    void output(String name) {
        if (name.equals(INPUT)) {
            throw new IllegalArgumentException("the network has no layers");
        }
        for (NodeProto.Builder node : graph.getNodeBuilderList()) {
            for (int i = 0; i < node.getInputCount(); i++) {
                if (node.getInput(i).equals(name)) {
                    node.setInput(i, OUTPUT);
                }
            }
            if (node.getOutput(0).equals(name)) {
                node.setOutput(0, OUTPUT);
            }
        }
    }

    /** The graph, with what it takes and gives. */
    GraphProto finish(Classifier classifier) {
        ImageSize size = classifier.input();
        return graph.setName(classifier.architecture().name())
                .addInput(value(INPUT, size.channels(), size.height(), size.width()))
                .addOutput(value(OUTPUT, classifier.classes()))
                .build();
    }

    private static ValueInfoProto value(String name, long... extents) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        shape.addDimBuilder().setDimParam(BATCH);
        for (long extent : extents) {
            shape.addDimBuilder().setDimValue(extent);
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(
                        TypeProto.newBuilder()
                                .setTensorType(
                                        TypeProto.Tensor.newBuilder()
                                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                                .setShape(shape)))
                .build();
    }

    static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto attribute(String name, double value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF((float) value)
                .build();
    }

    static AttributeProto attribute(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto attribute(String name, List<Integer> values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INTS)
                .addAllInts(values.stream().map(Integer::longValue).toList())
                .build();
    }
}

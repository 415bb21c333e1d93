package org.naturalinversion.model.io.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Makes ONNX files, node by node: each reads the one before it unless it says otherwise. */
final class OnnxFiles {
    private final ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(8);
    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("network");
    private final Random random = new Random(11);
    private String last = "image";
    private int count;

    private OnnxFiles(int opset) {
        model.setProducerName("test");
        model.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset));
    }

    /** A network of images; 0 for an extent that is left open. */
    static OnnxFiles of(int opset, long... image) {
        OnnxFiles files = new OnnxFiles(opset);
        files.graph.addInput(
                ValueInfoProto.newBuilder()
                        .setName("image")
                        .setType(type(TensorProto.DataType.FLOAT, image)));
        return files;
    }

    private static TypeProto type(TensorProto.DataType type, long... extents) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long extent : extents) {
            TensorShapeProto.Dimension.Builder dim = TensorShapeProto.Dimension.newBuilder();
            shape.addDim(extent > 0 ? dim.setDimValue(extent) : dim.setDimParam("N" + extent));
        }
        return TypeProto.newBuilder()
                .setTensorType(
                        TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape))
                .build();
    }

    /** The name of the last result. */
    String last() {
        return last;
    }

    /** Goes on from an earlier result. */
    OnnxFiles from(String name) {
        last = name;
        return this;
    }

    /** A node that reads the last result and weights. */
    OnnxFiles node(String operator, Map<String, ?> attributes, String... others) {
        String[] inputs = new String[others.length + 1];
        inputs[0] = last;
        System.arraycopy(others, 0, inputs, 1, others.length);
        return nodeOf(operator, attributes, inputs);
    }

    OnnxFiles node(String operator, String... others) {
        return node(operator, Map.of(), others);
    }

    /** A node that reads what it says. */
    OnnxFiles nodeOf(String operator, Map<String, ?> attributes, String... inputs) {
        return nodes(operator, attributes, 1, inputs);
    }

    /** A node of several results: name, name.1, name.2 ...; the first becomes the last. */
    OnnxFiles nodes(String operator, Map<String, ?> attributes, int outputs, String... inputs) {
        String name = operator.toLowerCase(java.util.Locale.ROOT) + count++;
        NodeProto.Builder node =
                NodeProto.newBuilder()
                        .setOpType(operator)
                        .setName("/" + name)
                        .addAllInput(Arrays.asList(inputs))
                        .addOutput(name);
        for (int i = 1; i < outputs; i++) {
            node.addOutput(name + "." + i);
        }
        new TreeMap<>(attributes).forEach((key, value) -> node.addAttribute(attribute(key, value)));
        graph.addNode(node);
        last = name;
        return this;
    }

    private static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        if (value instanceof Integer i) {
            attribute.setType(AttributeType.INT).setI(i);
        } else if (value instanceof Double d) {
            attribute.setType(AttributeType.FLOAT).setF(d.floatValue());
        } else if (value instanceof String s) {
            attribute.setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(s));
        } else if (value instanceof TensorProto t) {
            attribute.setType(AttributeType.TENSOR).setT(t);
        } else if (value instanceof List<?> list) {
            attribute.setType(AttributeType.INTS);
            list.forEach(i -> attribute.addInts(((Number) i).longValue()));
        }
        return attribute.build();
    }

    /** A weight of random numbers; returns its name. */
    String weight(String name, long... extents) {
        return weight(name, 0, 0.5, extents);
    }

    /** A weight of normal numbers. */
    String weight(String name, double mean, double deviation, long... extents) {
        float[] values = new float[(int) Arrays.stream(extents).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (mean + deviation * random.nextGaussian());
        }
        return tensor(name, floats(extents, values));
    }

    /** A weight of positive numbers. */
    String positive(String name, long... extents) {
        float[] values = new float[(int) Arrays.stream(extents).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.5f + random.nextFloat();
        }
        return tensor(name, floats(extents, values));
    }

    /** A number. */
    String number(String name, double value) {
        return tensor(name, floats(new long[0], (float) value));
    }

    /** A list of integers. */
    String integers(String name, long... values) {
        return tensor(name, longs(new long[] {values.length}, values));
    }

    /** A single integer. */
    String integer(String name, long value) {
        return tensor(name, longs(new long[0], value));
    }

    String tensor(String name, TensorProto tensor) {
        graph.addInitializer(tensor.toBuilder().setName(name));
        return name;
    }

    static TensorProto floats(long[] extents, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return tensor(TensorProto.DataType.FLOAT, extents)
                .setRawData(ByteString.copyFrom(bytes))
                .build();
    }

    static TensorProto longs(long[] extents, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return tensor(TensorProto.DataType.INT64, extents)
                .setRawData(ByteString.copyFrom(bytes))
                .build();
    }

    static TensorProto.Builder tensor(TensorProto.DataType type, long... extents) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(type.getNumber());
        Arrays.stream(extents).forEach(tensor::addDims);
        return tensor;
    }

    /** A convolution. */
    OnnxFiles conv(String name, int in, int out, int kernel, Map<String, ?> attributes) {
        Object group = attributes.get("group");
        int groups = group == null ? 1 : (Integer) group;
        return node("Conv", attributes, weight(name, 0, 0.4, out, in / groups, kernel, kernel));
    }

    /** A BatchNorm layer, with weights as PyTorch names them. */
    OnnxFiles batchNorm(String name, int channels) {
        return node(
                "BatchNormalization",
                Map.of("epsilon", 1e-3),
                positive(name + ".weight", channels),
                weight(name + ".bias", channels),
                weight(name + ".running_mean", channels),
                positive(name + ".running_var", channels));
    }

    /** Means of all channels and a fully connected layer of five classes. */
    OnnxFiles head(int channels) {
        return node("GlobalAveragePool").node("Flatten").fc("fc", channels, 5);
    }

    OnnxFiles fc(String name, int inputs, int outputs) {
        return node(
                "Gemm",
                Map.of("transB", 1),
                weight(name + ".weight", outputs, inputs),
                weight(name + ".bias", outputs));
    }

    OnnxFiles metadata(String key, String value) {
        model.addMetadataProps(StringStringEntryProto.newBuilder().setKey(key).setValue(value));
        return this;
    }

    /** The model, whose result is the last one. */
    ModelProto build() {
        GraphProto.Builder done = graph.clone();
        done.addOutput(
                ValueInfoProto.newBuilder()
                        .setName(last)
                        .setType(
                                TypeProto.newBuilder()
                                        .setTensorType(
                                                TypeProto.Tensor.newBuilder()
                                                        .setElemType(
                                                                TensorProto.DataType.FLOAT
                                                                        .getNumber()))));
        return model.clone().setGraph(done).build();
    }

    /** Writes the model. */
    Path write(Path file) {
        return write(file, build());
    }

    static Path write(Path file, ModelProto model) {
        try {
            return Files.write(file, model.toByteArray());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

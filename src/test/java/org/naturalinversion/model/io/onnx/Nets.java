package org.naturalinversion.model.io.onnx;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Networks of every operator, one thing at a time. */
final class Nets {
    private static final Map<String, ?> NONE = Map.of();

    private Nets() {}

    /** A network: how it goes on from eight channels of 9 x 7, and what it is called. */
    record Net(String name, int opset, UnaryOperator<OnnxFiles> body) {
        OnnxFiles files(long batch) {
            OnnxFiles files = OnnxFiles.of(opset, batch, 3, 9, 7);
            return body.apply(files.conv("first", 3, 8, 3, Map.of("pads", List.of(1, 1, 1, 1))));
        }

        @Override
        public String toString() {
            return name + ", opset " + opset;
        }
    }

    private static Net net(String name, UnaryOperator<OnnxFiles> body) {
        return new Net(name, 13, body);
    }

    private static Net net(String name, int opset, UnaryOperator<OnnxFiles> body) {
        return new Net(name, opset, body);
    }

    static Stream<Net> all() {
        return Stream.of(layers(), activations(), arithmetic(), axes()).flatMap(List::stream);
    }

    private static List<Net> layers() {
        Map<String, ?> grouped =
                Map.of("group", 4, "dilations", List.of(2, 1), "strides", List.of(1, 2));
        Map<String, ?> same = Map.of("auto_pad", "SAME_UPPER", "strides", List.of(2, 2));
        Map<String, ?> lower = Map.of("auto_pad", "SAME_LOWER", "strides", List.of(2, 2));
        Map<String, ?> pool =
                Map.of(
                        "kernel_shape", List.of(3, 2),
                        "strides", List.of(2, 2),
                        "pads", List.of(1, 0, 1, 1));
        Map<String, ?> ceil =
                Map.of("kernel_shape", List.of(2, 2), "strides", List.of(2, 2), "ceil_mode", 1);
        Map<String, Object> counted = new LinkedHashMap<>(pool);
        counted.put("count_include_pad", 1);
        return List.of(
                net("Conv of groups", f -> f.conv("c", 8, 12, 3, grouped).head(12)),
                net("Conv padded on its own", f -> f.conv("c", 8, 6, 4, same).head(6)),
                net("Conv padded the other way", f -> f.conv("c", 8, 6, 4, lower).head(6)),
                net(
                        "Conv with bias",
                        f -> f.node("Conv", f.weight("w", 4, 8, 1, 1), f.weight("b", 4)).head(4)),
                net("BatchNormalization", f -> f.batchNorm("bn", 8).node("Relu").head(8)),
                net("BatchNormalization of rows", f -> f.head(8).batchNorm("bn", 5)),
                net("MaxPool", f -> f.node("MaxPool", pool).head(8)),
                net("MaxPool, up", f -> f.node("MaxPool", ceil).head(8)),
                net("AveragePool", f -> f.node("AveragePool", pool).head(8)),
                net("AveragePool that counts padding", f -> f.node("AveragePool", counted).head(8)),
                net("AveragePool, up", 19, f -> f.node("AveragePool", ceil).head(8)),
                net("GlobalMaxPool", f -> f.node("GlobalMaxPool").node("Flatten").fc("fc", 8, 5)),
                net(
                        "ReduceMean",
                        f ->
                                f.node("ReduceMean", Map.of("axes", List.of(2, 3), "keepdims", 0))
                                        .fc("fc", 8, 5)),
                net(
                        "ReduceMean, since 18",
                        18,
                        f ->
                                f.node("ReduceMean", Map.of("keepdims", 0), f.integers("a", -1, -2))
                                        .fc("fc", 8, 5)),
                net(
                        "ReduceMean of one axis",
                        f ->
                                f.node("ReduceMean", Map.of("axes", List.of(3)))
                                        .node(
                                                "ReduceMean",
                                                Map.of("axes", List.of(2), "keepdims", 1))
                                        .node("Flatten")
                                        .fc("fc", 8, 5)),
                net("Gemm of a map", f -> f.node("Flatten").fc("fc", 8 * 63, 5)),
                net(
                        "Gemm with factors",
                        f ->
                                f.node("Flatten")
                                        .node(
                                                "Gemm",
                                                Map.of("alpha", 0.5, "beta", 2.0),
                                                f.weight("w", 8 * 63, 5),
                                                f.weight("b", 1, 5))),
                net(
                        "MatMul",
                        f ->
                                f.node("Flatten")
                                        .node("MatMul", f.weight("w", 8 * 63, 5))
                                        .node("Add", f.weight("b", 5))));
    }

    private static List<Net> activations() {
        return List.of(
                net("Relu", f -> f.node("Relu").head(8)),
                net("LeakyRelu", f -> f.node("LeakyRelu", Map.of("alpha", 0.2)).head(8)),
                net("Tanh and Sigmoid", f -> f.node("Tanh").node("Sigmoid").head(8)),
                net("HardSigmoid as it is", f -> f.node("HardSigmoid").head(8)),
                net(
                        "HardSigmoid of a sixth",
                        f -> f.node("HardSigmoid", Map.of("alpha", 1 / 6.0)).head(8)),
                net("HardSwish", 14, f -> f.node("HardSwish").head(8)),
                net(
                        "Clip to 0 and 6",
                        f -> f.node("Clip", f.number("lo", 0), f.number("hi", 6)).head(8)),
                net(
                        "Clip by attributes",
                        9,
                        f -> f.node("Clip", Map.of("min", -0.5, "max", 0.25)).head(8)),
                net("Clip from below", f -> f.node("Clip", f.number("lo", -0.3)).head(8)),
                net("Clip from above", f -> f.node("Clip", "", f.number("hi", 0.3)).head(8)));
    }

    private static OnnxFiles gate(OnnxFiles f, UnaryOperator<OnnxFiles> gate) {
        String x = f.last();
        return gate.apply(f).node("Mul", x);
    }

    static OnnxFiles excitation(OnnxFiles f) {
        return gate(
                f,
                g ->
                        g.node("GlobalAveragePool")
                                .conv("se1", 8, 4, 1, NONE)
                                .node("Relu")
                                .conv("se2", 4, 8, 1, NONE)
                                .node("Sigmoid"));
    }

    private static List<Net> arithmetic() {
        return List.of(
                net("Add of maps", f -> gate(f, g -> g.node("Relu")).head(8)),
                net("Sub of maps", f -> f.node("Sub", sibling(f)).head(8)),
                net("Mul of maps", f -> f.node("Mul", sibling(f)).head(8)),
                net("squeeze and excitation", f -> excitation(f).head(8)),
                net("SiLU", f -> gate(f, g -> g.node("Sigmoid")).head(8)),
                net(
                        "hard-swish by HardSigmoid",
                        f -> gate(f, g -> g.node("HardSigmoid", Map.of("alpha", 1 / 6.0))).head(8)),
                net(
                        "hard-swish by Clip",
                        f ->
                                gate(
                                                f,
                                                g ->
                                                        g.node("Add", g.number("3", 3))
                                                                .node(
                                                                        "Clip",
                                                                        g.number("0", 0),
                                                                        g.number("6", 6))
                                                                .node("Div", g.number("six", 6)))
                                        .head(8)),
                net(
                        "hard-swish, divided last",
                        f ->
                                gate(
                                                f,
                                                g ->
                                                        g.node("Add", g.number("3", 3))
                                                                .node(
                                                                        "Clip",
                                                                        g.number("0", 0),
                                                                        g.number("6", 6)))
                                        .node("Div", f.number("six", 6))
                                        .head(8)),
                net(
                        "numbers",
                        f ->
                                f.node("Mul", f.number("a", 0.7))
                                        .node("Add", f.number("b", -0.2))
                                        .nodeOf("Sub", NONE, f.number("c", 1), f.last())
                                        .node("Neg")
                                        .head(8)),
                net(
                        "one number per channel",
                        f ->
                                f.node("Sub", f.weight("m", 1, 8, 1, 1))
                                        .node("Div", f.positive("s", 8, 1, 1))
                                        .head(8)),
                net(
                        "a number minus channels",
                        f -> f.nodeOf("Sub", NONE, f.weight("m", 8, 1, 1), f.last()).head(8)),
                net(
                        "one number per pixel",
                        f ->
                                f.node("Mul", f.weight("m", 9, 7))
                                        .node("Add", f.weight("a", 1, 8, 9, 1))
                                        .head(8)),
                net(
                        "Dropout, Identity, Cast",
                        f ->
                                f.node("Dropout")
                                        .node("Identity")
                                        .node("Cast", Map.of("to", 1))
                                        .head(8)));
    }

    private static String sibling(OnnxFiles f) {
        String x = f.last();
        String sibling = f.node("Tanh").last();
        f.from(x);
        return sibling;
    }

    private static List<Net> axes() {
        return List.of(
                net(
                        "channel shuffle",
                        f ->
                                f.node("Reshape", f.integers("s1", 0, 2, 4, 9, 7))
                                        .node("Transpose", Map.of("perm", List.of(0, 2, 1, 3, 4)))
                                        .node("Reshape", f.integers("s2", 0, -1, 9, 7))
                                        .conv("c", 8, 4, 3, NONE)
                                        .head(4)),
                net(
                        "shuffle and Split",
                        f ->
                                split(
                                                f.node("Reshape", f.integers("s1", 0, 4, 2, 63))
                                                        .node(
                                                                "Transpose",
                                                                Map.of("perm", List.of(0, 2, 1, 3)))
                                                        .node(
                                                                "Reshape",
                                                                f.integers("s2", 0, 8, 9, 7)))
                                        .head(8)),
                net(
                        "Transpose of pixels",
                        f ->
                                f.node("Transpose", Map.of("perm", List.of(0, 1, 3, 2)))
                                        .conv("c", 8, 4, 3, NONE)
                                        .node("Flatten")
                                        .fc("fc", 4 * 35, 5)),
                net(
                        "Slice of pixels",
                        f ->
                                f.node(
                                                "Slice",
                                                f.integers("b", 0, 1),
                                                f.integers("e", Long.MAX_VALUE, -1),
                                                f.integers("a", 2, 3),
                                                f.integers("s", 2, 3))
                                        .node("Flatten")
                                        .fc("fc", 8 * 5 * 2, 5)),
                net(
                        "Slice by attributes",
                        9,
                        f ->
                                f.node(
                                                "Slice",
                                                Map.of(
                                                        "starts",
                                                        List.of(2),
                                                        "ends",
                                                        List.of(7),
                                                        "axes",
                                                        List.of(1)))
                                        .head(5)),
                net(
                        "Split evenly",
                        18,
                        f -> halves(f, Map.of("axis", 1, "num_outputs", 2)).head(4)),
                net(
                        "Gather of a channel",
                        f ->
                                f.node("Gather", Map.of("axis", 1), f.integer("i", -2))
                                        .node("Unsqueeze", f.integers("u", 1))
                                        .node("Flatten")
                                        .fc("fc", 63, 5)),
                net(
                        "Gather of channels",
                        f -> f.node("Gather", Map.of("axis", 1), f.integers("i", 1, 3, 5)).head(3)),
                net(
                        "Pad",
                        f ->
                                f.node("Pad", f.integers("p", 0, 2, 1, 0, 0, 1, -1, 3))
                                        .node("Flatten")
                                        .fc("fc", 11 * 9 * 10, 5)),
                net(
                        "Pad with a number",
                        f ->
                                f.node(
                                                "Pad",
                                                Map.of(),
                                                f.integers("p", 0, 0, 1, 1, 0, 0, 1, 1),
                                                f.number("v", 0.5))
                                        .node("Flatten")
                                        .fc("fc", 8 * 99, 5)),
                net(
                        "Pad by attributes",
                        9,
                        f ->
                                f.node("Pad", Map.of("pads", List.of(0, 1, 0, 0, 0, 1, 0, 0)))
                                        .head(10)),
                net("Concat with zeros", Nets::zeros),
                net(
                        "Squeeze",
                        f ->
                                f.node("GlobalAveragePool")
                                        .node("Squeeze", f.integers("a", 2, 3))
                                        .fc("fc", 8, 5)),
                net("view by computed shape", Nets::computedView),
                net("Constant nodes", f -> f.node("Add", constant(f)).head(8)),
                net(
                        "1x1 convolution as the last",
                        f -> f.conv("c", 8, 5, 1, NONE).node("GlobalAveragePool")));
    }

    private static OnnxFiles split(OnnxFiles f) {
        String x = f.last();
        f.nodes("Split", Map.of("axis", 1), 2, x, f.integers("parts", 3, 5));
        String first = f.last();
        return f.from(first + ".1").node("Concat", Map.of("axis", 1), first);
    }

    private static OnnxFiles halves(OnnxFiles f, Map<String, ?> attributes) {
        f.nodes("Split", attributes, 2, f.last());
        return f.node("Add", f.last() + ".1");
    }

    /** Zeros of a shape that is computed, as exporters pad channels. */
    private static OnnxFiles zeros(OnnxFiles f) {
        String x = f.last();
        String n = f.node("Shape").node("Gather", f.integers("zero", 0)).last();
        String shape = f.nodeOf("Concat", Map.of("axis", 0), n, f.integers("rest", 3, 9, 7)).last();
        String zeros = f.nodeOf("ConstantOfShape", NONE, shape).last();
        return f.nodeOf("Concat", Map.of("axis", 1), zeros, x, zeros).head(14);
    }

    private static OnnxFiles computedView(OnnxFiles f) {
        String x = f.last();
        String n =
                f.node("Shape")
                        .node("Slice", f.integers("b", 0), f.integers("e", 1))
                        .node("Cast", Map.of("to", 7))
                        .last();
        String rest =
                f.nodeOf(
                                "Range",
                                NONE,
                                f.integer("r0", 8 * 63),
                                f.integer("r1", 8 * 63 + 1),
                                f.integer("r2", 1))
                        .last();
        String shape = f.nodeOf("Concat", Map.of("axis", 0), n, rest).last();
        return f.nodeOf("Reshape", NONE, x, shape).fc("fc", 8 * 63, 5);
    }

    private static String constant(OnnxFiles f) {
        String x = f.last();
        String c =
                f.nodeOf("Constant", Map.of("value", OnnxFiles.floats(new long[] {1}, 0.4f)))
                        .last();
        f.from(x);
        return c;
    }
}

package org.naturalinversion.model.io.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.ChannelScale;
import org.naturalinversion.graph.op.Multiply;

/** Activations and arithmetic, number by number. */
final class PointwiseOperators {
    static final Map<String, Operator> ALL = all();

    private PointwiseOperators() {}

    private static Map<String, Operator> all() {
        Map<String, Operator> all = new HashMap<>();
        all.put("Relu", activation(Activate.relu()));
        all.put("Sigmoid", activation(Activate.sigmoid()));
        all.put("Tanh", activation(Activate.tanh()));
        all.put("HardSwish", activation(Activate.hardSwish()));
        all.put("HardSigmoid", PointwiseOperators::hardSigmoid);
        all.put("LeakyRelu", PointwiseOperators::leakyRelu);
        all.put("Clip", PointwiseOperators::clip);
        all.put("Neg", (node, to, p) -> List.of(p.affine(node.name(), node.view(0), -1, 0)));
        all.put("Add", PointwiseOperators::add);
        all.put("Sub", PointwiseOperators::subtract);
        all.put("Mul", PointwiseOperators::multiply);
        all.put("Div", PointwiseOperators::divide);
        all.put("Identity", (node, to, p) -> List.of(node.view(0)));
        all.put("Dropout", (node, to, p) -> List.of(node.view(0)));
        all.put("Cast", PointwiseOperators::cast);
        all.put("Softmax", PointwiseOperators::softmax);
        all.put("LogSoftmax", PointwiseOperators::softmax);
        return all;
    }

    private static Operator activation(Op op) {
        return (node, to, pointwise) -> List.of(pointwise.activate(op, node.view(0)));
    }

    private static List<Symbol> hardSigmoid(OnnxNode node, Recorder to, Pointwise pointwise) {
        double alpha = node.real("alpha", 0.2);
        double beta = node.real("beta", 0.5);
        return List.of(pointwise.hardSigmoid(node.name(), node.view(0), alpha, beta));
    }

    private static List<Symbol> leakyRelu(OnnxNode node, Recorder to, Pointwise pointwise) {
        double slope = node.real("alpha", 0.01);
        return List.of(
                pointwise.activate(
                        slope == 0 ? Activate.relu() : Activate.leakyRelu(slope), node.view(0)));
    }

    private static List<Symbol> clip(OnnxNode node, Recorder to, Pointwise pointwise) {
        double low = bound(node, "min", 1, Double.NEGATIVE_INFINITY);
        double high = bound(node, "max", 2, Double.POSITIVE_INFINITY);
        return List.of(pointwise.clip(node.name(), node.view(0), low, high));
    }

    private static double bound(OnnxNode node, String attribute, int input, double otherwise) {
        if (!node.has(input)) {
            return node.real(attribute, otherwise);
        }
        double bound = node.constant(input).uniform();
        if (Double.isNaN(bound)) {
            throw new IllegalArgumentException("its bound %s is not a number".formatted(attribute));
        }
        return bound;
    }

    private static List<Symbol> cast(OnnxNode node, Recorder to, Pointwise pointwise) {
        // FLOAT, FLOAT16, DOUBLE, BFLOAT16: all float32 here.
        if (!List.of(1L, 10L, 11L, 16L).contains(node.integer("to", 1))) {
            throw new IllegalArgumentException(
                    "it rounds a value that depends on the image to integers");
        }
        return List.of(node.view(0));
    }

    /** Logits are what comes before; a softmax is taken of them where it is needed. */
    private static List<Symbol> softmax(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0).byImages();
        int axis = Axes.axis(node.integer("axis", node.opset() < 13 ? 1 : -1), x.rank());
        if (axis == 0 || Factor.product(x.rest()) != x.shape().get(axis)) {
            throw new IllegalArgumentException(
                    "it is taken along axis %d of %s, which are not logits"
                            .formatted(axis, x.shape()));
        }
        return List.of(to.softmax(x));
    }

    private static List<Symbol> add(OnnxNode node, Recorder to, Pointwise pointwise) {
        if (isWithConstant(node)) {
            return List.of(withConstant(node, to, pointwise, 1, c -> 1, c -> c));
        }
        return List.of(sum(to, node.view(0), node.view(1)));
    }

    private static List<Symbol> subtract(OnnxNode node, Recorder to, Pointwise pointwise) {
        if (!isWithConstant(node)) {
            View turned = pointwise.affine(node.name(), node.view(1), -1, 0);
            return List.of(sum(to, node.view(0), turned));
        }
        boolean from = node.inputs().get(0) instanceof Constant;
        return List.of(
                from
                        ? withConstant(node, to, pointwise, -1, c -> -1, c -> c)
                        : withConstant(node, to, pointwise, 1, c -> 1, c -> -c));
    }

    private static List<Symbol> divide(OnnxNode node, Recorder to, Pointwise pointwise) {
        node.view(0);
        node.constant(1);
        return List.of(withConstant(node, to, pointwise, 0, c -> 1 / c, c -> 0));
    }

    private static List<Symbol> multiply(OnnxNode node, Recorder to, Pointwise pointwise) {
        if (isWithConstant(node)) {
            return List.of(withConstant(node, to, pointwise, 0, c -> c, c -> 0));
        }
        View a = node.view(0);
        View b = node.view(1);
        View gated = pointwise.gated(node.name(), a, b);
        gated = gated == null ? pointwise.gated(node.name(), b, a) : gated;
        if (gated != null) {
            return List.of(gated);
        }
        if (a.shape().equals(b.shape())) {
            return List.of(both(to, new Multiply(), a, b));
        }
        boolean scaled = a.shape().elements() >= b.shape().elements();
        return List.of(scaled ? scaled(to, a, b) : scaled(to, b, a));
    }

    private static boolean isWithConstant(OnnxNode node) {
        return node.inputs().stream().anyMatch(Constant.class::isInstance);
    }

    private static View sum(Recorder to, View a, View b) {
        if (!a.shape().equals(b.shape())) {
            throw new IllegalArgumentException(
                    "it adds %s and %s; supported are equal shapes"
                            .formatted(a.shape(), b.shape()));
        }
        return both(to, new Add(), a, b);
    }

    private static View both(Recorder to, Op op, View a, View b) {
        View x = to.canonical(a);
        View y = to.canonical(b);
        return x.with(to.apply(op, List.of(x.slot(), y.slot())));
    }

    /** A map times one number per image and channel: squeeze-and-excitation. */
    private static View scaled(Recorder to, View map, View scale) {
        View x = to.canonicalMap(map);
        View a = scale.byImages();
        boolean fits =
                a.rank() == 4
                        && a.shape().get(2) * a.shape().get(3) == 1
                        && a.shape().get(1) == x.shape().get(1);
        if (!fits) {
            throw new IllegalArgumentException(
                    "it multiplies %s by %s; supported are equal shapes and [N, C, 1, 1]"
                            .formatted(map.shape(), scale.shape()));
        }
        int rows = to.stretched(to.canonical(a));
        return x.with(to.apply(new ChannelScale(), List.of(x.slot(), rows)));
    }

    /**
     * An affine function with a constant c: of one number, of one per channel, or of a whole map.
     *
     * @param sign of x where c is added as a map, 0 where it is a factor
     */
    private static View withConstant(
            OnnxNode node,
            Recorder to,
            Pointwise pointwise,
            int sign,
            DoubleUnaryOperator scale,
            DoubleUnaryOperator shift) {
        int at = node.inputs().get(0) instanceof Constant ? 0 : 1;
        Constant c = node.constant(at);
        View x = node.view(1 - at);
        Broadcast broadcast = new Broadcast(c.shape(), x.shape());
        double uniform = c.uniform();
        if (!Double.isNaN(uniform)) {
            return pointwise.affine(
                    node.name(), x, scale.applyAsDouble(uniform), shift.applyAsDouble(uniform));
        }
        View canonical = to.canonical(x);
        if (x.rank() > 1 && broadcast.variesOnlyAlong(1)) {
            int channels = x.shape().dim(1);
            to.file().spend(2L * Float.BYTES * channels);
            float[] scales = new float[channels];
            float[] shifts = new float[channels];
            int inner = Math.toIntExact(Factor.product(x.rest()) / channels);
            for (int i = 0; i < channels; i++) {
                double value = c.at(broadcast.index(i * inner));
                scales[i] = (float) scale.applyAsDouble(value);
                shifts[i] = (float) shift.applyAsDouble(value);
            }
            return perChannel(node, pointwise, canonical, scales, shifts);
        }
        DoubleUnaryOperator number = sign == 0 ? scale : shift;
        double[] values = c.stored(to.file());
        for (int i = 0; i < values.length; i++) {
            values[i] = number.applyAsDouble(values[i]);
        }
        Constant mapped = Constant.of(c.name(), c.shape(), values, false);
        View map = to.constant(node.name() + ".map", mapped, x.shape());
        if (sign < 0) {
            canonical = to.canonical(pointwise.affine(node.name(), canonical, -1, 0));
        }
        return both(to, sign == 0 ? new Multiply() : new Add(), canonical, map);
    }

    private static View perChannel(
            OnnxNode node, Pointwise pointwise, View x, float[] scales, float[] shifts) {
        if (x.rank() == 2 || x.rank() == 4) {
            return pointwise.affine(node.name(), x, scales, shifts);
        }
        throw new IllegalArgumentException(
                "it has a constant for each channel of a tensor of shape " + x.shape());
    }
}

package org.naturalinversion.model.io.onnx;

import static org.naturalinversion.model.io.onnx.GraphWriter.attribute;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.graph.op.Sliding;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Layers with weights, and the activations behind them, as ONNX. */
final class LayerWriter {
    private final GraphWriter graph;
    private final ValueNames values;
    private final Map<Value, Node> folded;

    /**
     * @param folded BatchNorm layers that go into weights, by the value that they read
     */
    LayerWriter(GraphWriter graph, ValueNames values, Map<Value, Node> folded) {
        this.graph = graph;
        this.values = values;
        this.folded = folded;
    }

    void convolution(Node node, Conv2d op) {
        Value w = node.input(1);
        HostTensor weights = ValueNames.weight(w);
        List<String> inputs = new ArrayList<>(List.of(values.name(node.input(0))));
        inputs.addAll(
                weights(
                        node,
                        op.bias() ? node.input(2) : null,
                        weights,
                        op.transposed() ? op.groups() : 0));
        Sliding window = op.sliding();
        String y =
                graph.node(
                        op.transposed() ? "ConvTranspose" : "Conv",
                        layer(w),
                        inputs,
                        attribute("dilations", window.dilation()),
                        attribute("group", op.groups()),
                        attribute("kernel_shape", window.kernel()),
                        attribute("pads", window.padding()),
                        attribute("strides", window.stride()));
        finish(node, y, op.residual(), op.last());
    }

    void linear(Node node) {
        Value x = node.input(0);
        HostTensor weights =
                inChannelOrder(ValueNames.weight(node.input(1)), values.flattenedPixels(x));
        List<String> inputs = new ArrayList<>(List.of(values.flattenedName(x)));
        inputs.addAll(weights(node, node.input(2), weights, 0));
        values.put(
                node.output(0),
                graph.node("Gemm", layer(node.input(1)), inputs, attribute("transB", 1)));
    }

    void batchNorm(Node node, FrozenBatchNorm op) {
        Value x = node.input(0);
        String y = values.name(x);
        boolean ofChannels = x.shape().rank() == 4 || x.shape().rank() == 2;
        if (!ofChannels) {
            throw new IllegalArgumentException(
                    "%s: BatchNorm of %s has no ONNX form".formatted(node.label(), x.shape()));
        }
        if (!hasStatistics(node)) {
            y = graph.node("Mul", List.of(y, perChannel(node.input(1), x)));
            y = graph.node("Add", List.of(y, perChannel(node.input(2), x)));
        } else if (!folded.containsKey(x)) {
            Node fold = parameters(node);
            List<String> inputs = new ArrayList<>(List.of(y));
            for (Value parameter : fold.inputs()) {
                inputs.add(
                        graph.tensor(
                                ValueNames.weightName(parameter), ValueNames.weight(parameter)));
            }
            y =
                    graph.node(
                            "BatchNormalization",
                            layer(fold.input(0)),
                            inputs,
                            attribute("epsilon", ((FoldBatchNorm) fold.op()).epsilon()));
        }
        finish(node, y, op.residual(), op.last());
    }

    /** Whether a frozen BatchNorm is one, and no other scale of channels. */
    static boolean hasStatistics(Node norm) {
        return norm.input(1).node().op() instanceof FoldBatchNorm;
    }

    /** A number for each channel, in a shape that ONNX spreads over x. */
    private String perChannel(Value numbers, Value x) {
        HostTensor tensor = ValueNames.weight(numbers);
        long c = tensor.shape().elements();
        Shape shape = x.shape().rank() == 4 ? Shape.of(c, 1, 1) : Shape.of(c);
        return graph.tensor(
                ValueNames.weightName(numbers), HostTensor.of(shape, tensor.toFloats()));
    }

    /** Adds the residual, which is the last input, and applies the activation. */
    private void finish(Node node, String y, boolean residual, Activate last) {
        String sum = y;
        if (residual) {
            Value other = node.input(node.inputs().size() - 1);
            sum = graph.node("Add", List.of(y, values.name(other)));
        }
        values.put(node.output(0), activate(last, sum));
    }

    /** Adds an activation function. */
    String activate(Activate op, String x) {
        List<String> one = List.of(x);
        return switch (op.label()) {
            case "IDENTITY" -> x;
            case "RELU" -> graph.node("Relu", one);
            case "LEAKY_RELU" -> graph.node("LeakyRelu", one, attribute("alpha", op.slope()));
            case "RELU6" ->
                    graph.node(
                            "Clip",
                            List.of(
                                    x,
                                    graph.floats("Clip.min", Shape.SCALAR, 0),
                                    graph.floats("Clip.max", Shape.SCALAR, 6)));
            case "TANH" -> graph.node("Tanh", one);
            case "SIGMOID" -> graph.node("Sigmoid", one);
            case "SILU" -> graph.node("Mul", List.of(x, graph.node("Sigmoid", one)));
            case "HARD_SIGMOID" ->
                    graph.node(
                            "HardSigmoid",
                            one,
                            attribute("alpha", 1 / 6.0),
                            attribute("beta", 0.5));
            case "HARD_SWISH" -> graph.node("HardSwish", one);
            default -> throw new IllegalArgumentException(op.label() + " has no ONNX form");
        };
    }

    /**
     * Adds the weights and the bias of a layer, with the BatchNorm layer behind it multiplied in if
     * that is to be.
     *
     * @param bias null if there is none
     * @param weights [O, ...]
     * @param transposedGroups the groups of a transposed convolution, 0 for all else
     * @return the names
     */
    private List<String> weights(Node node, Value bias, HostTensor weights, int transposedGroups) {
        String name = ValueNames.weightName(node.input(1));
        HostTensor w = weights;
        HostTensor b = bias == null ? null : ValueNames.weight(bias);
        Node norm = folded.get(node.output(0));
        if (norm != null) {
            BatchNormScale scale = BatchNormScale.of(parameters(norm));
            w = scale.weights(weights);
            b = scale.bias(b);
        }
        if (transposedGroups > 0) {
            w = inputsFirst(w, transposedGroups);
        }
        List<String> names = new ArrayList<>(List.of(graph.tensor(name, w)));
        if (b != null) {
            String own = layer(node.input(1)) + ".bias";
            names.add(graph.tensor(bias == null ? own : ValueNames.weightName(bias), b));
        }
        return names;
    }

    /** The node that has a BatchNorm layer's gamma, beta, mean and variance. */
    private static Node parameters(Node norm) {
        return norm.input(1).node();
    }

    /** What stands before the last dot in the name of a weight. */
    private static String layer(Value weight) {
        String name = ValueNames.weightName(weight);
        return name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
    }

    /** Takes the columns of [O, pixels * C] to the order [O, C * pixels]. */
    private static HostTensor inChannelOrder(HostTensor weights, int pixels) {
        if (pixels == 1) {
            return weights;
        }
        int columns = weights.shape().dim(1);
        int channels = columns / pixels;
        float[] from = weights.toFloats();
        float[] into = new float[from.length];
        for (int i = 0; i < from.length; i++) {
            int column = i % columns;
            int pixel = column / channels;
            int channel = column % channels;
            into[i - column + channel * pixels + pixel] = from[i];
        }
        return HostTensor.of(weights.shape(), into);
    }

    /** Takes [O, I/groups, KH, KW] to [I, O/groups, KH, KW], what ConvTranspose wants. */
    private static HostTensor inputsFirst(HostTensor weights, int groups) {
        Shape w = weights.shape();
        int outputs = w.dim(0) / groups;
        int inputs = w.dim(1);
        int taps = w.dim(2) * w.dim(3);
        float[] from = weights.toFloats();
        float[] into = new float[from.length];
        for (int o = 0; o < w.dim(0); o++) {
            for (int i = 0; i < inputs; i++) {
                int row = o / outputs * inputs + i;
                int at = (row * outputs + o % outputs) * taps;
                System.arraycopy(from, (o * inputs + i) * taps, into, at, taps);
            }
        }
        return HostTensor.of(Shape.of((long) groups * inputs, outputs, w.get(2), w.get(3)), into);
    }
}

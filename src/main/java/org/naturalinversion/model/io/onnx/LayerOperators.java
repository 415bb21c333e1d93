package org.naturalinversion.model.io.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.AveragePool;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.graph.op.GlobalAveragePool;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.graph.op.MaxPool;
import org.naturalinversion.graph.op.Sliding;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Convolutions, pools, means, BatchNorm and fully connected layers. */
final class LayerOperators {
    /** No window is larger, no padding wider. */
    private static final int LARGEST = 4096;

    private static final List<Long> ONES = List.of(1L, 1L);

    static final Map<String, Operator> ALL =
            Map.of(
                    "Conv", LayerOperators::conv,
                    "BatchNormalization", LayerOperators::batchNorm,
                    "MaxPool", LayerOperators::maxPool,
                    "AveragePool", LayerOperators::averagePool,
                    "GlobalAveragePool", LayerOperators::globalAveragePool,
                    "GlobalMaxPool", LayerOperators::globalMaxPool,
                    "ReduceMean", LayerOperators::mean,
                    "Gemm", LayerOperators::gemm,
                    "MatMul", LayerOperators::matMul);

    private LayerOperators() {}

    private static List<Symbol> conv(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = to.canonicalMap(node.view(0));
        Constant weights = node.constant(1);
        if (weights.shape().rank() != 4) {
            throw new IllegalArgumentException(
                    "its filters are %s; supported are convolutions of two dimensions"
                            .formatted(weights.shape()));
        }
        List<Long> kernel = List.of(weights.shape().get(2), weights.shape().get(3));
        List<Integer> dilations = pair(node, "dilations", ONES);
        List<Integer> strides = pair(node, "strides", ONES);
        List<Integer> window = pair(node, "kernel_shape", kernel);
        int groups = Math.toIntExact(node.integer("group", 1));
        List<Integer> padding = padding(node, x, window, strides, dilations);
        Conv2d op =
                Conv2d.of(new Sliding(window, strides, padding, dilations), groups, node.has(2));
        List<String> names = new ArrayList<>(List.of(weight(to, weights)));
        if (node.has(2)) {
            names.add(weight(to, node.constant(2)));
        }
        int slot = to.apply(op, List.of(x.slot()), names.toArray(String[]::new));
        return List.of(to.map(slot));
    }

    /** BatchNorm as it is in use; exported in training mode, it is frozen all the same. */
    private static List<Symbol> batchNorm(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = to.canonical(node.view(0));
        if (x.rank() != 4 && x.rank() != 2) {
            throw new IllegalArgumentException("it is applied to a tensor of shape " + x.shape());
        }
        FoldBatchNorm fold = new FoldBatchNorm(node.real("epsilon", 1e-5));
        List<String> names =
                IntStream.rangeClosed(1, 4).mapToObj(i -> weight(to, node.constant(i))).toList();
        int slot =
                to.record(
                        List.of(x.slot()),
                        0,
                        (in, values) -> {
                            List<Value> frozen = names.stream().map(in::weight).toList();
                            List<Value> folded = in.graph().applyAll(fold, frozen);
                            return in.graph()
                                    .apply(
                                            FrozenBatchNorm.plain(),
                                            values.get(0),
                                            folded.get(0),
                                            folded.get(1),
                                            frozen.get(2));
                        });
        return List.of(x.with(slot));
    }

    private static List<Symbol> maxPool(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = to.canonicalMap(node.view(0));
        List<Integer> kernel = pair(node, "kernel_shape", null);
        List<Integer> strides = pair(node, "strides", ONES);
        List<Integer> dilations = pair(node, "dilations", ONES);
        List<Integer> padding = poolPadding(node, x, kernel, strides, dilations);
        MaxPool op =
                MaxPool.of(
                        new Sliding(kernel, strides, padding, dilations), node.flag("ceil_mode"));
        return List.of(to.map(to.apply(op, List.of(x.slot()))));
    }

    private static List<Symbol> averagePool(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = to.canonicalMap(node.view(0));
        List<Integer> kernel = pair(node, "kernel_shape", null);
        List<Integer> strides = pair(node, "strides", ONES);
        List<Integer> dilations = pair(node, "dilations", ONES);
        if (!dilations.equals(List.of(1, 1))) {
            throw new IllegalArgumentException("its window is dilated, which is not supported");
        }
        List<Integer> padding = poolPadding(node, x, kernel, strides, dilations);
        AveragePool op =
                AveragePool.of(
                        new Sliding(kernel, strides, padding, dilations),
                        node.flag("ceil_mode"),
                        node.flag("count_include_pad"));
        return List.of(to.map(to.apply(op, List.of(x.slot()))));
    }

    private static List<Symbol> globalMaxPool(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = to.canonicalMap(node.view(0));
        List<Integer> all = List.of(x.shape().dim(2), x.shape().dim(3));
        if (all.get(0) > LARGEST || all.get(1) > LARGEST) {
            throw new IllegalArgumentException("its maps of %s are too large".formatted(x.shape()));
        }
        MaxPool op = MaxPool.of(steps(all), false);
        return List.of(to.map(to.apply(op, List.of(x.slot()))));
    }

    private static List<Symbol> globalAveragePool(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        if (x.rank() < 3) {
            throw new IllegalArgumentException("it is applied to a tensor of shape " + x.shape());
        }
        Set<Integer> axes = new TreeSet<>(IntStream.range(2, x.rank()).boxed().toList());
        return List.of(mean(to, x, axes, true));
    }

    private static List<Symbol> mean(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        List<Long> said = node.integers("axes", 1);
        if (said == null || said.isEmpty()) {
            throw new IllegalArgumentException("it takes the mean of everything");
        }
        Set<Integer> axes = new TreeSet<>();
        said.forEach(axis -> axes.add(Axes.axis(axis, x.rank())));
        return List.of(mean(to, x, axes, node.integer("keepdims", 1) != 0));
    }

    /** The mean over all axes but those of images and channels, or over one axis of a map. */
    private static View mean(Recorder to, View view, Set<Integer> axes, boolean keep) {
        View x = view.byImages();
        List<Integer> kept =
                IntStream.range(1, x.rank()).filter(axis -> !axes.contains(axis)).boxed().toList();
        View result;
        if (kept.size() == 1 && !axes.contains(0)) {
            List<Factor> averaged =
                    axes.stream().flatMap(axis -> x.axes().get(axis).stream()).toList();
            List<Factor> channels = x.axes().get(kept.get(0));
            View map =
                    to.canonicalMap(
                            x.withAxes(List.of(x.axes().get(0), channels, averaged, List.of())));
            View rows = to.rows(to.apply(new GlobalAveragePool(), List.of(map.slot())));
            List<List<Factor>> all = new ArrayList<>();
            for (int axis = 0; axis < x.rank(); axis++) {
                all.add(
                        axis == 0
                                ? rows.axes().get(0)
                                : kept.contains(axis) ? rows.axes().get(1) : List.of());
            }
            result = rows.withAxes(all);
        } else if (x.rank() == 4 && (axes.equals(Set.of(2)) || axes.equals(Set.of(3)))) {
            View map = to.canonicalMap(x);
            List<Integer> kernel =
                    List.of(
                            axes.contains(2) ? x.shape().dim(2) : 1,
                            axes.contains(3) ? x.shape().dim(3) : 1);
            if (kernel.get(0) > LARGEST || kernel.get(1) > LARGEST) {
                throw new IllegalArgumentException("its maps of " + x.shape() + " are too large");
            }
            AveragePool op = AveragePool.of(steps(kernel), false, false);
            result = to.map(to.apply(op, List.of(map.slot())));
        } else {
            throw new IllegalArgumentException(
                    "it takes the mean over axes %s of %s; supported are those of height and width"
                            .formatted(axes, x.shape()));
        }
        if (!keep) {
            for (int axis = x.rank() - 1; axis >= 0; axis--) {
                result = axes.contains(axis) ? result.squeezed(axis) : result;
            }
        }
        return result;
    }

    private static List<Symbol> gemm(OnnxNode node, Recorder to, Pointwise pointwise) {
        if (node.flag("transA")) {
            throw new IllegalArgumentException("it transposes a value that depends on the image");
        }
        double alpha = node.real("alpha", 1);
        double beta = node.real("beta", 1);
        Constant bias = node.has(2) ? node.constant(2) : null;
        return List.of(linear(node, to, node.constant(1), node.flag("transB"), alpha, bias, beta));
    }

    private static List<Symbol> matMul(OnnxNode node, Recorder to, Pointwise pointwise) {
        return List.of(linear(node, to, node.constant(1), false, 1, null, 1));
    }

    private static View linear(
            OnnxNode node,
            Recorder to,
            Constant weights,
            boolean transposed,
            double alpha,
            Constant bias,
            double beta) {
        View x = node.view(0).byImages();
        if (x.rank() != 2 || weights.shape().rank() != 2) {
            throw new IllegalArgumentException(
                    "it multiplies %s by %s; supported are two axes each"
                            .formatted(x.shape(), weights.shape()));
        }
        int outputs = weights.shape().dim(transposed ? 0 : 1);
        int inputs = weights.shape().dim(transposed ? 1 : 0);
        if (inputs != x.shape().get(1)) {
            throw new IllegalArgumentException(
                    "it multiplies %s by %s".formatted(x.shape(), weights.shape()));
        }
        HostTensor matrix = weights.floats(to.file());
        if (!transposed || alpha != 1 || !x.isLogicalOrder()) {
            // What lies in memory as H, W, C is not transposed; the columns are.
            int[] places = x.logicalPlaces();
            to.file().spend(2L * Float.BYTES * outputs * inputs);
            float[] from = matrix.toFloats();
            float[] into = new float[from.length];
            for (int row = 0; row < outputs; row++) {
                for (int column = 0; column < inputs; column++) {
                    int place = places[column];
                    int at = transposed ? row * inputs + place : place * outputs + row;
                    into[row * inputs + column] = (float) (alpha * from[at]);
                }
            }
            matrix = HostTensor.of(Shape.of(outputs, inputs), into);
        }
        String name = to.weight(weights.name(), matrix);
        int slot =
                to.apply(
                        new Linear(),
                        List.of(to.stretched(x)),
                        name,
                        bias(node, to, bias, beta, outputs));
        return to.rows(slot);
    }

    private static String bias(
            OnnxNode node, Recorder to, Constant bias, double beta, int outputs) {
        if (bias == null) {
            return to.weight(node.name() + ".zeros", outputs, 0);
        }
        boolean row = bias.shape().rank() < 2 || bias.shape().get(0) == 1;
        if (!row) {
            throw new IllegalArgumentException("it adds " + bias.shape() + ", not a row");
        }
        if (beta == 1 && bias.shape().equals(Shape.of(outputs))) {
            return weight(to, bias);
        }
        Broadcast broadcast = new Broadcast(bias.shape(), Shape.of(1, outputs));
        to.file().spend((long) Float.BYTES * outputs);
        float[] values = new float[outputs];
        for (int i = 0; i < outputs; i++) {
            values[i] = (float) (beta * bias.at(broadcast.index(i)));
        }
        return to.weight(bias.name(), HostTensor.of(Shape.of(outputs), values));
    }

    /** A window that moves by single pixels. */
    private static Sliding steps(List<Integer> kernel) {
        return new Sliding(kernel, List.of(1, 1), List.of(0, 0, 0, 0), List.of(1, 1));
    }

    private static String weight(Recorder to, Constant constant) {
        return to.weight(constant.name(), constant.floats(to.file()));
    }

    private static List<Integer> pair(OnnxNode node, String attribute, List<Long> otherwise) {
        List<Long> said = node.integers(attribute, otherwise);
        boolean fits =
                said != null
                        && said.size() == 2
                        && said.stream().allMatch(v -> v >= 1 && v <= LARGEST);
        if (!fits) {
            throw new IllegalArgumentException(
                    "its %s is %s; supported are two numbers from 1 to %d"
                            .formatted(attribute, said, LARGEST));
        }
        return said.stream().map(Long::intValue).toList();
    }

    /** Padding that is narrower than the window, as in any network. */
    private static List<Integer> poolPadding(
            OnnxNode node,
            View x,
            List<Integer> kernel,
            List<Integer> strides,
            List<Integer> dilations) {
        List<Integer> padding = padding(node, x, kernel, strides, dilations);
        for (int side = 0; side < 4; side++) {
            if (padding.get(side) > dilations.get(side % 2) * (kernel.get(side % 2) - 1)) {
                throw new IllegalArgumentException(
                        "its padding %s is as wide as its window".formatted(padding));
            }
        }
        return padding;
    }

    /** Top, left, bottom, right. */
    private static List<Integer> padding(
            OnnxNode node,
            View x,
            List<Integer> kernel,
            List<Integer> strides,
            List<Integer> dilations) {
        String auto = node.text("auto_pad", "NOTSET");
        switch (auto) {
            case "VALID" -> {
                return List.of(0, 0, 0, 0);
            }
            case "SAME_UPPER", "SAME_LOWER" -> {
                Integer[] sides = new Integer[4];
                for (int i = 0; i < 2; i++) {
                    int extent = x.shape().dim(2 + i);
                    int outputs = -Math.floorDiv(-extent, strides.get(i));
                    int seen =
                            (outputs - 1) * strides.get(i)
                                    + (kernel.get(i) - 1) * dilations.get(i)
                                    + 1;
                    int total = Math.max(0, seen - extent);
                    int smaller = total / 2;
                    sides[i] = auto.equals("SAME_UPPER") ? smaller : total - smaller;
                    sides[i + 2] = total - sides[i];
                }
                return List.of(sides);
            }
            case "NOTSET" -> {
                List<Long> said = node.integers("pads", List.of(0L, 0L, 0L, 0L));
                boolean fits =
                        said.size() == 4 && said.stream().allMatch(v -> v >= 0 && v <= LARGEST);
                if (!fits) {
                    throw new IllegalArgumentException(
                            "its pads are %s; supported are four numbers from 0 to %d"
                                    .formatted(said, LARGEST));
                }
                return said.stream().map(Long::intValue).toList();
            }
            default ->
                    throw new IllegalArgumentException(
                            "its auto_pad is %s, which is unknown".formatted(auto));
        }
    }
}

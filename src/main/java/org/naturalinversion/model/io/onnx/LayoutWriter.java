package org.naturalinversion.model.io.onnx;

import static org.naturalinversion.model.io.onnx.GraphWriter.attribute;

import java.util.List;
import java.util.stream.IntStream;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.ChannelShuffle;
import org.naturalinversion.graph.op.Concat;
import org.naturalinversion.graph.op.Pad;
import org.naturalinversion.graph.op.Permute;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.tensor.Shape;

/** Operations that only move numbers, as ONNX. */
final class LayoutWriter {
    /** Where the axes N, H, W, C are in ONNX. */
    private static final List<Integer> AXES = List.of(0, 2, 3, 1);

    private final GraphWriter graph;
    private final ValueNames values;

    LayoutWriter(GraphWriter graph, ValueNames values) {
        this.graph = graph;
        this.values = values;
    }

    void concat(Node node, Concat op) {
        requireWithinImages(node, op.axis() > 0);
        int axis = node.output(0).shape().rank() == 4 ? AXES.get(op.axis()) : op.axis();
        List<String> inputs = node.inputs().stream().map(values::name).toList();
        values.put(node.output(0), graph.node("Concat", inputs, attribute("axis", axis)));
    }

    void slice(Node node, Slice op) {
        Shape x = node.input(0).shape();
        int[] axes =
                IntStream.range(0, 4)
                        .filter(
                                axis ->
                                        op.begin().get(axis) > 0
                                                || op.end().get(axis) < x.dim(axis)
                                                || op.stride().get(axis) > 1)
                        .toArray();
        requireWithinImages(node, IntStream.of(axes).noneMatch(axis -> axis == 0));
        String y = values.name(node.input(0));
        if (axes.length > 0) {
            y =
                    graph.node(
                            "Slice",
                            List.of(
                                    y,
                                    graph.integers("Slice.starts", of(op.begin(), axes)),
                                    graph.integers("Slice.ends", of(op.end(), axes)),
                                    graph.integers("Slice.axes", of(AXES, axes)),
                                    graph.integers("Slice.steps", of(op.stride(), axes))));
        }
        values.put(node.output(0), y);
    }

    private static long[] of(List<Integer> numbers, int[] axes) {
        return IntStream.of(axes).mapToLong(numbers::get).toArray();
    }

    void pad(Node node, Pad op) {
        requireWithinImages(node, op.before().get(0) == 0 && op.after().get(0) == 0);
        values.put(node.output(0), pad(graph, values.name(node.input(0)), op.before(), op.after()));
    }

    /** Adds zeros before and after the indices of N, H, W, C. */
    static String pad(GraphWriter graph, String x, List<Integer> before, List<Integer> after) {
        long[] pads = new long[8];
        for (int axis = 0; axis < 4; axis++) {
            pads[AXES.get(axis)] = before.get(axis);
            pads[4 + AXES.get(axis)] = after.get(axis);
        }
        return graph.node("Pad", List.of(x, graph.integers("Pad.pads", pads)));
    }

    void reshape(Node node) {
        Value x = node.input(0);
        Value y = node.output(0);
        boolean keepsBatch = y.shape().rank() > 0 && y.shape().get(0) == x.shape().get(0);
        if (keepsBatch && x.shape().rank() == 4 && y.shape().rank() == 2) {
            flatten(x, y);
            return;
        }
        String name = values.name(x);
        if (isMap(x.shape())) {
            name = values.transpose(name, 0, 2, 3, 1);
        }
        long[] extents = y.shape().toArray();
        if (isMap(y.shape())) {
            extents[0] = keepsBatch ? 0 : -1;
            values.put(y, values.transpose(values.reshape(name, extents), 0, 3, 1, 2));
            return;
        }
        if (extents.length == 4) {
            extents = new long[] {0, extents[3], extents[1], extents[2]};
        }
        if (extents.length > 0) {
            extents[0] = keepsBatch ? 0 : -1;
        }
        values.put(y, values.reshape(name, extents));
    }

    void permute(Node node, Permute op) {
        Integer[] axes = new Integer[4];
        for (int axis = 0; axis < 4; axis++) {
            axes[AXES.get(axis)] = AXES.get(op.axes().get(axis));
        }
        values.put(node.output(0), values.transpose(values.name(node.input(0)), axes));
    }

    /** Flattens a map in the order C, H, W, as ONNX does. */
    void flatten(Node node) {
        String x = values.name(node.input(0));
        values.put(node.output(0), graph.node("Flatten", List.of(x), attribute("axis", 1)));
    }

    private void flatten(Value x, Value y) {
        String name = graph.node("Flatten", List.of(values.name(x)), attribute("axis", 1));
        if (isMap(x.shape())) {
            values.putFlattened(y, name, x.shape().dim(1) * x.shape().dim(2));
        } else {
            values.put(y, name);
        }
    }

    /** Whether N, H, W, C and N, C, H, W are different orders. */
    private static boolean isMap(Shape shape) {
        return shape.rank() == 4 && shape.channels() > 1 && shape.get(1) * shape.get(2) > 1;
    }

    void shuffle(Node node, ChannelShuffle op) {
        Value x = node.input(0);
        Value y = node.output(0);
        int channels = x.shape().channels();
        if (values.flattenedPixels(x) == op.groups()) {
            // The order C, H, W is just what this shuffle makes of H, W, C.
            values.put(y, values.flattenedName(x));
            return;
        }
        int each = channels / op.groups();
        String name = values.name(x);
        switch (x.shape().rank()) {
            case 2 -> {
                String split = values.reshape(name, 0, op.groups(), each);
                values.put(y, values.reshape(values.transpose(split, 0, 2, 1), 0, channels));
            }
            case 4 -> {
                long h = x.shape().get(1);
                long w = x.shape().get(2);
                String split = values.reshape(name, 0, op.groups(), each, h, w);
                String dealt = values.transpose(split, 0, 2, 1, 3, 4);
                values.put(y, values.reshape(dealt, 0, channels, h, w));
            }
            default ->
                    throw new IllegalArgumentException(
                            "%s of %s has no ONNX form".formatted(node.label(), x.shape()));
        }
    }

    void upsample(Node node) {
        Shape x = node.input(0).shape();
        Shape y = node.output(0).shape();
        if (y.get(1) % x.get(1) != 0 || y.get(2) % x.get(2) != 0) {
            throw new IllegalArgumentException(
                    "%s from %s to %s has no ONNX form: no whole multiple"
                            .formatted(node.label(), x, y));
        }
        float rows = (float) y.get(1) / x.get(1);
        float columns = (float) y.get(2) / x.get(2);
        String scales = graph.floats("Resize.scales", Shape.of(4), 1, 1, rows, columns);
        values.put(
                node.output(0),
                graph.node(
                        "Resize",
                        List.of(values.name(node.input(0)), "", scales),
                        attribute("coordinate_transformation_mode", "asymmetric"),
                        attribute("mode", "nearest"),
                        attribute("nearest_mode", "floor")));
    }

    private static void requireWithinImages(Node node, boolean within) {
        if (!within) {
            throw new IllegalArgumentException(
                    node.label()
                            + " mixes the images of a batch, which cannot be exported to"
                            + " ONNX");
        }
    }
}

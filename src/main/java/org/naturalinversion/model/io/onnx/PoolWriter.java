package org.naturalinversion.model.io.onnx;

import static org.naturalinversion.model.io.onnx.GraphWriter.attribute;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.AveragePool;
import org.naturalinversion.graph.op.MaxPool;
import org.naturalinversion.graph.op.Sliding;

/**
 * Pooling as ONNX. A last window that is not whole is written as padding that makes it whole, not
 * as {@code ceil_mode}, which runtimes have understood differently.
 */
final class PoolWriter {
    private static final int TOP_LEFT = 2;

    private final GraphWriter graph;
    private final ValueNames values;

    PoolWriter(GraphWriter graph, ValueNames values) {
        this.graph = graph;
        this.values = values;
    }

    void max(Node node, MaxPool op) {
        Sliding window = op.sliding();
        values.put(
                node.output(0),
                graph.node(
                        "MaxPool",
                        List.of(values.name(node.input(0))),
                        attribute("dilations", window.dilation()),
                        attribute("kernel_shape", window.kernel()),
                        attribute("pads", wholePadding(node, window)),
                        attribute("strides", window.stride())));
    }

    void average(Node node, AveragePool op) {
        Sliding window = op.sliding();
        String x = values.name(node.input(0));
        List<Integer> padding = wholePadding(node, window);
        boolean more = !padding.equals(window.padding());
        if (op.countPadding() && more) {
            // Of this padding, only the pool's own counts: that one becomes zeros of the map.
            List<Integer> own = window.padding();
            x =
                    LayoutWriter.pad(
                            graph,
                            x,
                            List.of(0, own.get(0), own.get(1), 0),
                            List.of(0, own.get(2), own.get(3), 0));
            padding = List.of(0, 0, padding.get(2) - own.get(2), padding.get(3) - own.get(3));
        }
        values.put(
                node.output(0),
                graph.node(
                        "AveragePool",
                        List.of(x),
                        attribute("count_include_pad", op.countPadding() && !more ? 1 : 0),
                        attribute("kernel_shape", window.kernel()),
                        attribute("pads", padding),
                        attribute("strides", window.stride())));
    }

    /** The padding with which every window is whole. */
    private static List<Integer> wholePadding(Node node, Sliding window) {
        Value x = node.input(0);
        List<Integer> padding = new ArrayList<>(window.padding());
        for (int axis = 0; axis < TOP_LEFT; axis++) {
            int last = (node.output(0).shape().dim(1 + axis) - 1) * window.stride().get(axis);
            int reach = window.dilation().get(axis) * (window.kernel().get(axis) - 1) + 1;
            int missing = last + reach - x.shape().dim(1 + axis) - padding.get(axis);
            padding.set(TOP_LEFT + axis, Math.max(padding.get(TOP_LEFT + axis), missing));
        }
        return padding;
    }
}

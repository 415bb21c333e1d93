package org.naturalinversion.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.AveragePool;
import org.naturalinversion.graph.op.ChannelScale;
import org.naturalinversion.graph.op.ChannelShuffle;
import org.naturalinversion.graph.op.Concat;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.graph.op.MaxPool;
import org.naturalinversion.graph.op.Multiply;
import org.naturalinversion.graph.op.Pad;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.tensor.Shape;

/**
 * Finds the taps of the feature transfer pyramid: at each resolution the last feature map, after
 * its activation.
 *
 * <p>Last is what every path from the image to the logits passes through: what a block makes in a
 * branch, before its stride, is no result of the stage that ends there. BatchNorm and activation do
 * not make another map of a map, so it does not matter whether they belong to its block or to the
 * next one. What is put together of activated maps, or pooled from one, is activated. Where no
 * activated map of a resolution is on every path, its last one is taken.
 */
final class Taps {
    private static final int MOST = 6;

    private final List<Node> path;
    private final Set<Node> everyPath;
    private final Map<Value, Value> origins = new HashMap<>();
    private final Set<Value> activated = new HashSet<>();

    private Taps(Applied applied) {
        path = applied.path();
        everyPath = onEveryPath(new HashSet<>(applied.nodes()));
        path.forEach(this::visit);
    }

    /** The taps of a classifier, finest first; maps of one pixel are no images any more. */
    static List<Value> of(Applied applied) {
        return mostDistinct(new Taps(applied).lasts());
    }

    /**
     * The nodes that nothing goes past: all readers of what was made before them come no later than
     * they do. In a graph all of whose nodes lead from the image to the logits, that holds in any
     * order.
     *
     * @param inside the classifier's nodes; the image is not among them
     */
    private Set<Node> onEveryPath(Set<Node> inside) {
        Map<Node, Integer> lastReader = new HashMap<>();
        int reach = 0;
        for (int i = 0; i < path.size(); i++) {
            for (Value input : path.get(i).inputs()) {
                lastReader.put(input.node(), i);
                reach = inside.contains(input.node()) ? reach : i;
            }
        }
        Set<Node> found = new HashSet<>();
        for (int i = 0; i < path.size(); i++) {
            if (reach <= i) {
                found.add(path.get(i));
            }
            reach = Math.max(reach, lastReader.getOrDefault(path.get(i), i));
        }
        return found;
    }

    private void visit(Node node) {
        Value map = node.output(0);
        Op op = node.op();
        if (op instanceof Activate || op instanceof FrozenBatchNorm) {
            origins.put(map, origin(node.input(0)));
        }
        if (op instanceof Activate || isArrangement(op) && areActivated(node.inputs())) {
            activated.add(map);
        }
    }

    private static boolean isArrangement(Op op) {
        return op instanceof Concat
                || op instanceof ChannelShuffle
                || op instanceof Slice
                || op instanceof Pad
                || op instanceof Add
                || op instanceof ChannelScale
                || op instanceof Multiply
                || op instanceof MaxPool
                || op instanceof AveragePool;
    }

    private boolean areActivated(List<Value> inputs) {
        return inputs.stream().filter(Taps::isMap).allMatch(activated::contains);
    }

    private static boolean isMap(Value value) {
        return value.shape().rank() == 4;
    }

    private Value origin(Value map) {
        return origins.getOrDefault(map, map);
    }

    private List<Value> lasts() {
        Map<List<Long>, Value> anywhere = new LinkedHashMap<>();
        Map<List<Long>, Value> ends = new LinkedHashMap<>();
        for (Node node : path) {
            Value map = node.output(0);
            if (activated.contains(map) && isMap(map) && pixels(map) > 1) {
                List<Long> resolution = List.of(map.shape().get(1), map.shape().get(2));
                anywhere.put(resolution, map);
                if (everyPath.contains(origin(map).node())) {
                    ends.put(resolution, map);
                }
            }
        }
        anywhere.putAll(ends);
        List<Value> taps = new ArrayList<>(anywhere.values());
        taps.sort(Comparator.comparingLong(Taps::pixels).reversed());
        return taps;
    }

    /**
     * Of more taps than a pyramid has levels, those that differ most in size: one by one, the tap
     * goes whose neighbours are nearest to each other. The finest and the coarsest stay.
     */
    private static List<Value> mostDistinct(List<Value> taps) {
        List<Value> left = new ArrayList<>(taps);
        while (left.size() > MOST) {
            int least = 1;
            for (int i = 2; i < left.size() - 1; i++) {
                least = gapWithout(left, i) < gapWithout(left, least) ? i : least;
            }
            left.remove(least);
        }
        return List.copyOf(left);
    }

    private static double gapWithout(List<Value> taps, int i) {
        return (double) pixels(taps.get(i - 1)) / pixels(taps.get(i + 1));
    }

    private static long pixels(Value map) {
        Shape shape = map.shape();
        return shape.get(1) * shape.get(2);
    }
}

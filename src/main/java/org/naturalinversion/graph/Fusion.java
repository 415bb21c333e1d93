package org.naturalinversion.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.BatchNorm;
import org.naturalinversion.graph.op.ChannelStatistics;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.graph.op.ScaleFilters;
import org.naturalinversion.graph.op.SubpixelFilters;
import org.naturalinversion.graph.op.UpsampleNearest;

/**
 * A graph rewritten so that it does the same with fewer and cheaper passes. Nodes are copied in
 * order; where a pattern ends, its fused form is added beside the copy, and consumers read that
 * instead. What nobody reads any more is dropped by the compilation.
 *
 * <ul>
 *   <li>frozen BatchNorm, statistics of its input, residual sum and activation become one pass;
 *   <li>so do BatchNorm in training mode and its activation;
 *   <li>a frozen BatchNorm whose statistics nobody asks for goes into the weights of the
 *       convolution before it;
 *   <li>a 1x1 convolution after nearest upsampling moves before it (they commute: a quarter of the
 *       work);
 *   <li>a 3x3 convolution after doubling becomes a transposed one (4/9 of the work, no upsampled
 *       tensor).
 * </ul>
 */
final class Fusion {
    private final Graph source;
    private final Graph graph = new Graph();
    private final Map<Value, Value> map = new HashMap<>();
    private final Map<Value, List<Node>> readers = new HashMap<>();
    private final Map<Value, Node> statistics = new HashMap<>();
    private final Set<Value> roots;

    private Fusion(Graph source, Set<Value> roots) {
        this.source = source;
        this.roots = roots;
    }

    /** The graph, rewritten; the roots are what must be readable afterwards. */
    static Fusion of(Graph source, Set<Value> roots) {
        Fusion fusion = new Fusion(source, roots);
        fusion.rewrite();
        return fusion;
    }

    /** The graph as it is. */
    static Fusion none(Graph source) {
        Fusion fusion = new Fusion(source, Set.of());
        fusion.map.putAll(fusion.graph.inline(source, Map.of()));
        return fusion;
    }

    /** The rewritten graph. */
    Graph graph() {
        return graph;
    }

    /** What stands for a value of the source graph. */
    Value map(Value value) {
        Value mapped = map.get(value);
        if (mapped == null) {
            throw new IllegalArgumentException(value + " is not of this graph");
        }
        return mapped;
    }

    private void rewrite() {
        for (Node node : source.nodes()) {
            node.inputs()
                    .forEach(v -> readers.computeIfAbsent(v, k -> new ArrayList<>()).add(node));
        }
        for (Node node : statisticsLast()) {
            List<Value> outputs = fused(node);
            if (outputs == null) {
                outputs =
                        node.op() instanceof Leaf
                                ? graph.inlineLeaf(node)
                                : graph.applyAll(node.op(), mapAll(node.inputs()));
            }
            for (int i = 0; i < node.outputs().size(); i++) {
                map.put(node.output(i), outputs.get(i));
            }
        }
    }

    /**
     * The nodes in an order in which statistics, and what depends on them, come as late as may be:
     * then it is known which pass over their input can make them on the way. What follows a change
     * of state stays behind it.
     */
    private List<Node> statisticsLast() {
        List<Node> early = new ArrayList<>();
        List<Node> late = new ArrayList<>();
        Set<Node> delayed = new HashSet<>();
        boolean changed = false;
        for (Node node : source.nodes()) {
            changed |= node.op().hasEffect();
            boolean delay =
                    changed
                            || node.op() instanceof ChannelStatistics
                            || node.inputs().stream().anyMatch(v -> delayed.contains(v.node()));
            if (delay) {
                delayed.add(node);
            }
            (delay ? late : early).add(node);
        }
        early.addAll(late);
        return early;
    }

    /**
     * The outputs of the fused form of the pattern that ends in this node; null if there is none.
     */
    private List<Value> fused(Node node) {
        if (node.op() instanceof FrozenBatchNorm norm && norm.equals(FrozenBatchNorm.plain())) {
            return frozenBatchNorm(node, null, Activation.IDENTITY);
        } else if (node.op() instanceof Activate activate
                && activate.activation().derivativeFromResult()) {
            return activated(node, activate.activation());
        } else if (node.op() instanceof Add) {
            return withResidual(node, Activation.IDENTITY);
        } else if (node.op() instanceof ChannelStatistics
                && statistics.containsKey(node.input(0))) {
            return statistics.get(node.input(0)).outputs().subList(1, 3);
        } else if (node.op() instanceof Conv2d convolution) {
            return afterUpsampling(node, convolution);
        }
        return null;
    }

    /** An activation and what it is applied to: a BatchNorm of either kind, or a sum with one. */
    private List<Value> activated(Node node, Activation activation) {
        Value x = node.input(0);
        if (!readOnlyBy(x, node)) {
            return null;
        }
        Node before = x.node();
        if (before.op().equals(FrozenBatchNorm.plain())) {
            return frozenBatchNorm(before, null, activation);
        } else if (before.op() instanceof BatchNorm norm
                && norm.activation().equals(Activation.IDENTITY)) {
            List<Value> outputs =
                    graph.applyAll(
                            new BatchNorm(norm.epsilon(), activation), mapAll(before.inputs()));
            // Else who reads the statistics would keep the unfused one alive.
            map.put(before.output(1), outputs.get(1));
            map.put(before.output(2), outputs.get(2));
            return outputs.subList(0, 1);
        } else if (before.op() instanceof Add) {
            return withResidual(before, activation);
        }
        return null;
    }

    /** A sum of which one summand is a frozen BatchNorm that nobody else reads. */
    private List<Value> withResidual(Node sum, Activation activation) {
        for (int i = 1; i >= 0; i--) {
            Node norm = sum.input(i).node();
            if (norm.op().equals(FrozenBatchNorm.plain())
                    && readOnlyBy(sum.input(i), sum)
                    && sum.input(1 - i).type().equals(sum.input(i).type())) {
                return frozenBatchNorm(norm, sum.input(1 - i), activation);
            }
        }
        return null;
    }

    private List<Value> frozenBatchNorm(Node norm, Value residual, Activation activation) {
        boolean observed =
                readers.get(norm.input(0)).stream()
                        .anyMatch(n -> n.op() instanceof ChannelStatistics);
        List<Value> folded = observed ? null : intoConvolution(norm, residual, activation);
        if (folded != null) {
            return folded;
        }
        List<Value> inputs = new ArrayList<>(mapAll(norm.inputs()));
        if (residual != null) {
            inputs.add(map(residual));
        }
        List<Value> outputs =
                graph.applyAll(new FrozenBatchNorm(activation, residual != null, observed), inputs);
        if (observed) {
            statistics.put(norm.input(0), outputs.get(0).node());
        }
        return outputs.subList(0, 1);
    }

    private List<Value> intoConvolution(Node norm, Value residual, Activation activation) {
        Node before = norm.input(0).node();
        boolean foldable =
                before.op() instanceof Conv2d c
                        && !c.bias()
                        && !c.residual()
                        && c.activation().equals(Activation.IDENTITY)
                        && before.input(1).node().op() instanceof Leaf.Constant
                        && readOnlyBy(norm.input(0), norm);
        if (!foldable) {
            return null;
        }
        Conv2d c = (Conv2d) before.op();
        Value filters = graph.apply(new ScaleFilters(), map(before.input(1)), map(norm.input(1)));
        List<Value> inputs =
                new ArrayList<>(List.of(map(before.input(0)), filters, map(norm.input(2))));
        if (residual != null) {
            inputs.add(map(residual));
        }
        return graph.applyAll(
                new Conv2d(
                        c.window(), c.groups(), c.transposed(), true, residual != null, activation),
                inputs);
    }

    private List<Value> afterUpsampling(Node node, Conv2d c) {
        Node before = node.input(0).node();
        boolean plain =
                before.op() instanceof UpsampleNearest
                        && readOnlyBy(node.input(0), node)
                        && !c.transposed()
                        && !c.residual()
                        && c.activation().equals(Activation.IDENTITY);
        if (!plain) {
            return null;
        }
        UpsampleNearest up = (UpsampleNearest) before.op();
        List<Value> inputs = new ArrayList<>(mapAll(node.inputs()));
        inputs.set(0, map(before.input(0)));
        if (c.window().equals(Window.square(1, 1, 0))) {
            return List.of(graph.apply(up, graph.applyAll(c, inputs).get(0)));
        } else if (c.window().equals(Window.square(3, 1, 1))
                && c.groups() == 1
                && up.isDoubling(before.input(0).shape())) {
            inputs.set(1, graph.apply(new SubpixelFilters(), inputs.get(1)));
            return graph.applyAll(
                    new Conv2d(
                            Window.square(4, 2, 1), 1, true, c.bias(), false, Activation.IDENTITY),
                    inputs);
        }
        return null;
    }

    private boolean readOnlyBy(Value value, Node reader) {
        return !roots.contains(value) && readers.get(value).equals(List.of(reader));
    }

    private List<Value> mapAll(List<Value> values) {
        return values.stream().map(this::map).toList();
    }
}

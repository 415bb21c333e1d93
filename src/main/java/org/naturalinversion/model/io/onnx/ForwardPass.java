package org.naturalinversion.model.io.onnx;

import static org.naturalinversion.model.io.onnx.GraphWriter.attribute;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.naturalinversion.graph.Leaf;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.AveragePool;
import org.naturalinversion.graph.op.ChannelScale;
import org.naturalinversion.graph.op.ChannelShuffle;
import org.naturalinversion.graph.op.Concat;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.Flatten;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.graph.op.GlobalAveragePool;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.graph.op.MaxPool;
import org.naturalinversion.graph.op.Multiply;
import org.naturalinversion.graph.op.Pad;
import org.naturalinversion.graph.op.Permute;
import org.naturalinversion.graph.op.Reshape;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.graph.op.StopGradient;
import org.naturalinversion.graph.op.UpsampleNearest;
import org.naturalinversion.model.Applied;

/** A classifier's forward pass, node by node, as ONNX. */
final class ForwardPass {
    private final Applied applied;
    private final Set<Node> needed;
    private final Map<Value, Node> folded;
    private final GraphWriter graph = new GraphWriter();
    private final ValueNames values = new ValueNames(graph);
    private final LayerWriter layers;
    private final PoolWriter pools = new PoolWriter(graph, values);
    private final LayoutWriter layouts = new LayoutWriter(graph, values);

    ForwardPass(Value image, Applied applied, boolean fold) {
        this.applied = applied;
        needed = needed(applied);
        folded = fold ? foldable() : Map.of();
        layers = new LayerWriter(graph, values, folded);
        values.put(image, GraphWriter.INPUT);
    }

    /** BatchNorm layers that stay layers. */
    int batchNormsKept() {
        long all =
                needed.stream()
                        .filter(n -> n.op() instanceof FrozenBatchNorm)
                        .filter(LayerWriter::hasStatistics)
                        .count();
        return (int) all - folded.size();
    }

    /** BatchNorm layers that go into weights. */
    int batchNormsFolded() {
        return folded.size();
    }

    /**
     * All nodes that the logits depend on.
     *
     * @throws IllegalArgumentException if one has no ONNX form
     */
    GraphWriter translate() {
        for (Node node : applied.nodes()) {
            boolean computes = !(node.op() instanceof Leaf || node.op() instanceof FoldBatchNorm);
            if (computes && needed.contains(node)) {
                translate(node);
            }
        }
        graph.output(values.name(applied.logits()));
        return graph;
    }

    private void translate(Node node) {
        Op op = node.op();
        if (op instanceof Conv2d conv) {
            layers.convolution(node, conv);
        } else if (op instanceof FrozenBatchNorm norm) {
            layers.batchNorm(node, norm);
        } else if (op instanceof Linear) {
            layers.linear(node);
        } else if (op instanceof Activate activate) {
            values.put(node.output(0), layers.activate(activate, values.name(node.input(0))));
        } else if (op instanceof Add) {
            add(node, "Add", values.name(node.input(0)), values.name(node.input(1)));
        } else if (op instanceof Multiply) {
            add(node, "Mul", values.name(node.input(0)), values.name(node.input(1)));
        } else if (op instanceof ChannelScale) {
            String scale = values.name(node.input(1));
            List<String> unsqueezed = List.of(scale, graph.integers("Unsqueeze.axes", 2, 3));
            add(node, "Mul", values.name(node.input(0)), graph.node("Unsqueeze", unsqueezed));
        } else if (op instanceof MaxPool pool) {
            pools.max(node, pool);
        } else if (op instanceof AveragePool pool) {
            pools.average(node, pool);
        } else if (op instanceof GlobalAveragePool) {
            String mean = graph.node("GlobalAveragePool", List.of(values.name(node.input(0))));
            values.put(node.output(0), graph.node("Flatten", List.of(mean), attribute("axis", 1)));
        } else if (op instanceof Concat concat) {
            layouts.concat(node, concat);
        } else if (op instanceof Slice slice) {
            layouts.slice(node, slice);
        } else if (op instanceof Pad pad) {
            layouts.pad(node, pad);
        } else if (op instanceof Permute permute) {
            layouts.permute(node, permute);
        } else if (op instanceof Flatten) {
            layouts.flatten(node);
        } else if (op instanceof Reshape) {
            layouts.reshape(node);
        } else if (op instanceof ChannelShuffle shuffle) {
            layouts.shuffle(node, shuffle);
        } else if (op instanceof UpsampleNearest) {
            layouts.upsample(node);
        } else if (op instanceof StopGradient) {
            values.put(node.output(0), values.name(node.input(0)));
        } else {
            throw new IllegalArgumentException(node.label() + " has no ONNX form");
        }
    }

    private void add(Node node, String type, String... inputs) {
        values.put(node.output(0), graph.node(type, List.of(inputs)));
    }

    private static Set<Node> needed(Applied applied) {
        Set<Node> needed = new HashSet<>(List.of(applied.logits().node()));
        List<Node> nodes = applied.nodes();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            if (needed.contains(nodes.get(i))) {
                nodes.get(i).inputs().forEach(v -> needed.add(v.node()));
            }
        }
        return needed;
    }

    /**
     * What only a BatchNorm layer reads and a layer with weights computes, with the BatchNorm layer
     * that goes into those weights.
     */
    private Map<Value, Node> foldable() {
        Map<Value, Integer> readers = new HashMap<>(Map.of(applied.logits(), 1));
        needed.forEach(n -> n.inputs().forEach(v -> readers.merge(v, 1, Integer::sum)));
        Map<Value, Node> foldable = new HashMap<>();
        for (Node node : needed) {
            if (node.op() instanceof FrozenBatchNorm && LayerWriter.hasStatistics(node)) {
                Value x = node.input(0);
                Op before = x.node().op();
                boolean bare =
                        before instanceof Linear
                                || before instanceof Conv2d conv
                                        && !conv.residual()
                                        && conv.last().isIdentity();
                if (bare && readers.get(x) == 1) {
                    foldable.put(x, node);
                }
            }
        }
        return foldable;
    }
}

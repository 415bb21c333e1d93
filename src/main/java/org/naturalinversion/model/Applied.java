package org.naturalinversion.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.FrozenBatchNorm;

/**
 * A classifier applied to a value of a graph: found in the graph, not listed by hand.
 *
 * @param logits [N, classes]
 * @param nodes what the classifier added to the graph
 */
public record Applied(Value logits, List<Node> nodes) {
    /** All BatchNorm layers, in forward order. */
    public List<BatchNormLayer> batchNorms() {
        List<BatchNormLayer> layers = new ArrayList<>();
        for (Node node : nodes) {
            if (node.op() instanceof FrozenBatchNorm) {
                Node fold = node.input(1).node();
                String gamma = fold.input(0).node().op().label();
                String name = gamma.substring(0, Math.max(0, gamma.lastIndexOf('.')));
                layers.add(new BatchNormLayer(name, node.input(0), fold.input(2), fold.input(3)));
            }
        }
        return layers;
    }

    /**
     * The taps of the feature transfer pyramid, finest first: at each resolution the last feature
     * map, after its activation, that the logits depend on. Maps of one pixel are no images any
     * more and left out.
     */
    public List<Value> taps() {
        Set<Node> needed = new HashSet<>(List.of(logits.node()));
        for (int i = nodes.size() - 1; i >= 0; i--) {
            if (needed.contains(nodes.get(i))) {
                nodes.get(i).inputs().forEach(v -> needed.add(v.node()));
            }
        }
        Map<List<Long>, Value> last = new LinkedHashMap<>();
        for (Node node : nodes) {
            Value value = node.outputs().isEmpty() ? null : node.output(0);
            if (node.op() instanceof Activate
                    && needed.contains(node)
                    && value.shape().rank() == 4
                    && value.shape().get(1) * value.shape().get(2) > 1) {
                last.put(List.of(value.shape().get(1), value.shape().get(2)), value);
            }
        }
        return List.copyOf(last.values());
    }
}

package org.naturalinversion.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.naturalinversion.graph.Leaf;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.ReceptiveField;

/**
 * A classifier applied to a value of a graph: found in the graph, not listed by hand.
 *
 * @param logits [N, classes]
 * @param nodes what the classifier added to the graph
 */
public record Applied(Value logits, List<Node> nodes) {
    /** All BatchNorm layers that the logits depend on, in forward order. */
    public List<BatchNormLayer> batchNorms() {
        return path().stream().filter(BatchNormLayer::is).map(BatchNormLayer::of).toList();
    }

    /**
     * The taps of the feature transfer pyramid, finest first: at each resolution the last feature
     * map, after its activation, that the logits depend on. Maps of one pixel are no images any
     * more and left out; of more than 6, those that differ most in size are taken.
     */
    public List<Value> taps() {
        return Taps.of(this);
    }

    /**
     * How many pixels of the image a pixel of a feature map can depend on, along the longer axis.
     */
    public int receptiveField(Value map) {
        return (int) ReceptiveField.of(path(), map).pixels();
    }

    /** The nodes that lead from the image to the logits, in forward order. */
    List<Node> path() {
        Set<Node> inside = new HashSet<>(nodes);
        Set<Node> fromImage = new HashSet<>();
        for (Node node : nodes) {
            boolean sees =
                    node.inputs().stream()
                            .map(Value::node)
                            .anyMatch(n -> fromImage.contains(n) || !inside.contains(n));
            if (sees && !(node.op() instanceof Leaf)) {
                fromImage.add(node);
            }
        }
        Set<Node> needed = new HashSet<>(List.of(logits.node()));
        List<Node> path = new ArrayList<>();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            if (needed.contains(node) && fromImage.contains(node)) {
                node.inputs().forEach(v -> needed.add(v.node()));
                path.add(0, node);
            }
        }
        return path;
    }
}

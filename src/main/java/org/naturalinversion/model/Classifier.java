package org.naturalinversion.model;

import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * A trained, frozen classifier.
 *
 * @param architecture how it computes
 * @param weights its weights and running statistics, by the names that the architecture gives them
 * @param normalization what is done to pixels first
 */
public record Classifier(
        Architecture architecture, Map<String, HostTensor> weights, Normalization normalization) {
    public Classifier {
        weights = Map.copyOf(weights);
        normalization = normalization.forChannels(architecture.input().channels());
    }

    /** Number of classes. */
    public int classes() {
        return architecture.classes();
    }

    /** The images it takes. */
    public ImageSize input() {
        return architecture.input();
    }

    /**
     * Adds this classifier to a graph, applied to x [N, H, W, C] in normalised input space. Weights
     * used twice are stored once.
     */
    public Applied apply(Graph graph, Value x) {
        int before = graph.nodes().size();
        Value logits =
                architecture.build(
                        new Layers(graph, (g, name, shape) -> g.constant(name, weights.get(name))),
                        x);
        List<Node> nodes = graph.nodes();
        return new Applied(logits, nodes.subList(before, nodes.size()));
    }

    /** This classifier in a graph of its own, applied to a batch of the given size. */
    public Applied applyAlone(int batch) {
        Graph graph = new Graph();
        ImageSize size = input();
        Shape shape = Shape.of(batch, size.height(), size.width(), size.channels());
        return apply(graph, graph.input("image", Type.feature(shape)));
    }
}

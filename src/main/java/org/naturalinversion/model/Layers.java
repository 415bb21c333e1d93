package org.naturalinversion.model;

import java.util.List;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.tensor.Shape;

/**
 * The layers that architectures are made of, named as in PyTorch's state dicts: {@code
 * layer1.0.conv1.weight}.
 */
public final class Layers {
    /** Where the weights come from. */
    @FunctionalInterface
    public interface Source {
        /** The weight of the given name and shape, as a value of the graph. */
        Value weight(Graph graph, String name, Shape shape);
    }

    private static final double EPSILON = 1e-5;

    private final Graph graph;
    private final Source source;

    public Layers(Graph graph, Source source) {
        this.graph = graph;
        this.source = source;
    }

    /** The graph that layers are added to. */
    public Graph graph() {
        return graph;
    }

    /** A square convolution without bias, half of the kernel padded on all sides. */
    public Value conv(String name, Value x, int channels, int kernel, int stride) {
        Shape weights = Shape.of(channels, x.shape().channels(), kernel, kernel);
        return graph.apply(
                Conv2d.of(kernel, stride, kernel / 2, false),
                x,
                source.weight(graph, name + ".weight", weights));
    }

    /** A frozen BatchNorm layer. */
    public Value batchNorm(String name, Value x) {
        Shape c = Shape.of(x.shape().channels());
        Value gamma = source.weight(graph, name + ".weight", c);
        Value beta = source.weight(graph, name + ".bias", c);
        Value mean = source.weight(graph, name + ".running_mean", c);
        Value var = source.weight(graph, name + ".running_var", c);
        List<Value> folded =
                graph.applyAll(new FoldBatchNorm(EPSILON), List.of(gamma, beta, mean, var));
        return graph.apply(FrozenBatchNorm.plain(), x, folded.get(0), folded.get(1), mean);
    }

    public Value relu(Value x) {
        return graph.apply(Activate.relu(), x);
    }

    /** A fully connected layer with bias; x is [N, K]. */
    public Value linear(String name, Value x, int outputs) {
        Value w = source.weight(graph, name + ".weight", Shape.of(outputs, x.shape().get(1)));
        return graph.apply(
                new Linear(), x, w, source.weight(graph, name + ".bias", Shape.of(outputs)));
    }
}

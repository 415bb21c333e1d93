package org.naturalinversion.model;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.AveragePool;
import org.naturalinversion.graph.op.BatchNorm;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.Flatten;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.graph.op.GlobalAveragePool;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.graph.op.MaxPool;
import org.naturalinversion.graph.op.MovingAverage;
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

    /** What a batch's statistics count in the running ones. */
    private static final double MOMENTUM = 0.1;

    /** A BatchNorm layer in training mode, and the running statistics that follow its own. */
    private record Followed(
            Value runningMean, Value runningVar, Value mean, Value var, long rows) {}

    private final Graph graph;
    private final Source source;
    private final boolean training;
    private final List<Followed> followed = new ArrayList<>();

    /** Layers whose BatchNorms are frozen: they normalise with the running statistics. */
    public Layers(Graph graph, Source source) {
        this(graph, source, false);
    }

    private Layers(Graph graph, Source source, boolean training) {
        this.graph = graph;
        this.source = source;
        this.training = training;
    }

    /**
     * Layers whose BatchNorms normalise with the statistics of the batch. The source must give
     * states for the running statistics; {@link #followStatistics} changes them.
     */
    public static Layers training(Graph graph, Source source) {
        return new Layers(graph, source, true);
    }

    /**
     * Lets the running statistics follow those of the batch, as PyTorch does: 0.1 of the new, the
     * variance unbiased. Changes state, and so is to be the last that is added to a graph.
     */
    public void followStatistics() {
        for (Followed f : followed) {
            double unbiased = f.rows() > 1 ? f.rows() / (f.rows() - 1.0) : 1;
            graph.applyAll(new MovingAverage(MOMENTUM, 1), List.of(f.runningMean(), f.mean()));
            graph.applyAll(new MovingAverage(MOMENTUM, unbiased), List.of(f.runningVar(), f.var()));
        }
    }

    /** The graph that layers are added to. */
    public Graph graph() {
        return graph;
    }

    /** A weight by its full name. */
    public Value weight(String name, Shape shape) {
        return source.weight(graph, name, shape);
    }

    /** A square convolution without bias, half of the kernel padded on all sides. */
    public Value conv(String name, Value x, int channels, int kernel, int stride) {
        Shape weights = Shape.of(channels, x.shape().channels(), kernel, kernel);
        return graph.apply(
                Conv2d.of(kernel, stride, kernel / 2, false),
                x,
                source.weight(graph, name + ".weight", weights));
    }

    /** The same with a bias. */
    public Value convWithBias(String name, Value x, int channels, int kernel, int stride) {
        Shape weights = Shape.of(channels, x.shape().channels(), kernel, kernel);
        return graph.apply(
                Conv2d.of(kernel, stride, kernel / 2, true),
                x,
                source.weight(graph, name + ".weight", weights),
                source.weight(graph, name + ".bias", Shape.of(channels)));
    }

    /** A square convolution without bias of each channel by itself, padded likewise. */
    public Value depthwise(String name, Value x, int kernel, int stride) {
        int channels = x.shape().channels();
        return graph.apply(
                Conv2d.grouped(kernel, stride, kernel / 2, channels, false),
                x,
                source.weight(graph, name + ".weight", Shape.of(channels, 1, kernel, kernel)));
    }

    /** A BatchNorm layer. */
    public Value batchNorm(String name, Value x) {
        Shape c = Shape.of(x.shape().channels());
        Value gamma = source.weight(graph, name + ".weight", c);
        Value beta = source.weight(graph, name + ".bias", c);
        Value mean = source.weight(graph, name + ".running_mean", c);
        Value var = source.weight(graph, name + ".running_var", c);
        if (training) {
            List<Value> normed = graph.applyAll(BatchNorm.of(EPSILON), List.of(x, gamma, beta));
            followed.add(new Followed(mean, var, normed.get(1), normed.get(2), x.shape().rows()));
            return normed.get(0);
        }
        List<Value> folded =
                graph.applyAll(new FoldBatchNorm(EPSILON), List.of(gamma, beta, mean, var));
        return graph.apply(FrozenBatchNorm.plain(), x, folded.get(0), folded.get(1), mean);
    }

    public Value relu(Value x) {
        return graph.apply(Activate.relu(), x);
    }

    public Value relu6(Value x) {
        return graph.apply(Activate.relu6(), x);
    }

    public Value add(Value a, Value b) {
        return graph.apply(new Add(), a, b);
    }

    public Value maxPool(Value x, int kernel, int stride, int padding) {
        return graph.first(MaxPool.of(kernel, stride, padding), x);
    }

    /** The mean over space, [N, C]. */
    public Value globalAveragePool(Value x) {
        return graph.apply(new GlobalAveragePool(), x);
    }

    /**
     * The mean over space in tiles that come out as extent x extent pixels.
     *
     * @throws IllegalArgumentException if x is not a whole number of times as large
     */
    public Value averagePoolTo(int extent, Value x) {
        int height = x.shape().dim(1);
        int width = x.shape().dim(2);
        if (height == extent && width == extent) {
            return x;
        }
        if (height % extent != 0 || width % extent != 0) {
            throw new IllegalArgumentException(
                    ("a feature map of %d x %d cannot be averaged to %d x %d; use images of"
                                    + " another size")
                            .formatted(height, width, extent, extent));
        }
        return graph.apply(AveragePool.tiles(height / extent, width / extent), x);
    }

    /** Every image as one row, in the order that PyTorch's layers expect; [N, C H W]. */
    public Value flatten(Value x) {
        return graph.apply(new Flatten(), x);
    }

    /** A fully connected layer with bias; x is [N, K]. */
    public Value linear(String name, Value x, int outputs) {
        Value w = source.weight(graph, name + ".weight", Shape.of(outputs, x.shape().get(1)));
        return graph.apply(
                new Linear(), x, w, source.weight(graph, name + ".bias", Shape.of(outputs)));
    }
}

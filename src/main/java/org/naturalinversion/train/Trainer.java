package org.naturalinversion.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Optimizer;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.SoftmaxCrossEntropy;
import org.naturalinversion.graph.op.TrackBest;
import org.naturalinversion.graph.optim.Schedule;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * An architecture in training: forward and backward pass, running statistics and the update of all
 * parameters are one step of a plan.
 */
public final class Trainer implements AutoCloseable {
    private static final String RUNNING_MEAN = ".running_mean";
    private static final String RUNNING_VAR = ".running_var";
    private static final int MATRIX = 2;
    private static final int FILTERS = 4;

    private final Architecture architecture;
    private final Map<String, Value> weights = new LinkedHashMap<>();
    private final Value images;
    private final Value labels;
    private final Value losses;
    private final Value count;
    private final Plan plan;

    /**
     * Compiles the step and draws the first weights: those of convolutions as He et al. 2015
     * (equation 10), those of linear layers as PyTorch.
     *
     * @param stepsPerEpoch how many batches make an epoch
     * @param settings without problems
     */
    public Trainer(
            Engine engine,
            Architecture architecture,
            TrainingSettings settings,
            int stepsPerEpoch) {
        this.architecture = architecture;
        ImageSize size = architecture.input();
        Graph g = new Graph();
        Value key = g.input("key", Type.index(3));
        Shape batch = Shape.of(settings.batch(), size.height(), size.width(), size.channels());
        images = g.input("images", Type.feature(batch));
        labels = g.input("labels", Type.index(settings.batch()));
        Layers layers = Layers.training(g, this::weight);
        Value logits = architecture.build(layers, images);
        Value loss = g.first(new SoftmaxCrossEntropy(settings.smoothing()), logits, labels);
        losses = g.parameter("losses", Shape.of(stepsPerEpoch, 1), new Init.Fill(0));
        count = g.state("count", Type.index(1), new Init.Fill(0));
        Value lowest = g.parameter("lowest", Shape.of(1), new Init.Fill(Float.MAX_VALUE));
        Value improved = g.state("improved", Type.index(1), new Init.Fill(0));
        g.applyAll(new TrackBest(1), List.of(loss, losses, lowest, improved, count));
        layers.followStatistics();
        Schedule schedule = settings.schedule(stepsPerEpoch);
        plan =
                engine.compiler(g)
                        .precision(settings.precision())
                        .keyedBy(key)
                        .countedBy(count)
                        .minimize(
                                loss,
                                List.of(
                                        optimizer("pulled", true, settings, schedule),
                                        optimizer("free", false, settings, schedule)))
                        .compile();
        long seed = settings.seed();
        plan.write(key, HostTensor.of(Shape.of(3), (int) seed, (int) (seed >>> 32), 0));
        plan.reset();
    }

    private Value weight(Graph g, String name, Shape shape) {
        Init init = new Init.Fill(name.endsWith(".weight") || name.endsWith(RUNNING_VAR) ? 1 : 0);
        if (shape.rank() == FILTERS) {
            init = Init.kaimingNormal(shape.elements() / shape.get(0));
        } else if (shape.rank() == MATRIX) {
            init = Init.fanInUniform(shape.get(1));
        }
        Value value = g.parameter(name, shape, init);
        weights.put(name, value);
        return value;
    }

    private Optimizer optimizer(
            String name, boolean pulled, TrainingSettings settings, Schedule schedule) {
        List<Value> parameters =
                weights.entrySet().stream()
                        .filter(e -> !e.getKey().endsWith(RUNNING_MEAN))
                        .filter(e -> !e.getKey().endsWith(RUNNING_VAR))
                        .map(Map.Entry::getValue)
                        .filter(v -> v.shape().rank() > 1 == pulled)
                        .toList();
        return new Optimizer(name, parameters, settings.rule(pulled), schedule);
    }

    /**
     * Trains on one batch.
     *
     * @param pixels float32 [batch, H, W, C], normalised
     * @param targets int32 [batch]
     */
    public void step(HostTensor pixels, HostTensor targets) {
        plan.write(images, pixels);
        plan.write(labels, targets);
        plan.step();
    }

    /** Steps so far. */
    public int steps() {
        return (int) plan.read(count).toFloats()[0];
    }

    /** Losses of the last steps, as many as make an epoch. */
    public double meanLoss() {
        double sum = 0;
        float[] values = plan.read(losses).toFloats();
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** The classifier as it is now. */
    public Classifier classifier(Normalization normalization) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        weights.forEach((name, value) -> tensors.put(name, plan.read(value)));
        return new Classifier(architecture, tensors, normalization);
    }

    /** All that the next step's result depends on, besides the images. */
    public Map<String, HostTensor> state() {
        return plan.state();
    }

    /**
     * Goes back to a state.
     *
     * @throws IllegalArgumentException if it is that of another architecture or other settings
     */
    public void restore(Map<String, HostTensor> state) {
        plan.restore(state);
    }

    /** Multiplications and additions of one step's convolutions and matrix products. */
    public double flops() {
        return plan.flops();
    }

    /** Times every call of a step by itself. */
    public List<Plan.Cost> profile(int steps) {
        return plan.profile(steps);
    }

    /** Bytes that training holds. */
    public long memoryBytes() {
        return plan.memoryBytes();
    }

    @Override
    public void close() {
        plan.close();
    }
}

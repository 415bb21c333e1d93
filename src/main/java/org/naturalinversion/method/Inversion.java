package org.naturalinversion.method;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Variables;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * NaturalInversion: given a classifier and no data, makes batches of labelled images that its
 * training data could have contained. Compiled once, run for any number of batches; a batch depends
 * on (run seed, batch index, labels, settings) alone, whatever was made before it.
 */
public final class Inversion implements AutoCloseable {
    /** Told how a batch goes. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Called now and then.
         *
         * @param iterations how many are done
         * @param losses of the last one
         */
        void progressed(int iterations, Losses losses);

        /** Asked before every iteration: whether to go on. */
        default boolean goesOn() {
            return true;
        }
    }

    /** The listener said stop. */
    public static final class StoppedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        public StoppedException() {
            super("stopped");
        }
    }

    private static final int REPORT_EVERY = 10;

    private final Classifier teacher;
    private final Settings settings;
    private final Variables variables;
    private final Iteration iteration;
    private final Plan step;
    private final Images images;
    private final Plan render;

    /**
     * Compiles both an iteration and the rendering of its best state.
     *
     * @throws IllegalArgumentException if the classifier has no BatchNorm layers or no taps
     */
    public Inversion(Engine engine, Classifier teacher, Settings settings) {
        this.teacher = teacher;
        this.settings = settings;
        iteration = Iteration.drawn(teacher, settings);
        Graph g = new Graph();
        images = Images.build(g, teacher, settings, x -> x);
        variables = engine.variables();
        Plan compiled = null;
        try {
            compiled = iteration.compiler(engine).variables(variables).compile();
            render =
                    engine.compiler(g)
                            .precision(settings.precision())
                            .variables(variables)
                            .useBest()
                            .outputs(images.image())
                            .compile();
        } catch (RuntimeException e) {
            if (compiled != null) {
                compiled.close();
            }
            variables.close();
            throw e;
        }
        step = compiled;
    }

    /**
     * Makes one batch.
     *
     * @param seed of the run
     * @param index of the batch within the run
     * @param targets one label for each image
     * @throws StoppedException if the listener asked for it
     * @throws ArithmeticException if no iteration's loss was a number
     */
    public Batch run(long seed, int index, List<Integer> targets, Listener listener) {
        write(seed, index, targets);
        step.reset();
        for (int i = 1; i <= settings.iterations(); i++) {
            if (!listener.goesOn()) {
                throw new StoppedException();
            }
            step.step();
            if (i % REPORT_EVERY == 0 || i == 1 || i == settings.iterations()) {
                listener.progressed(i, history(i).get(i - 1));
            }
        }
        List<Losses> history = history(settings.iterations());
        render.step();
        return new Batch(
                index, List.copyOf(targets), render.read(images.image()), history, best(history));
    }

    /** The plan of one iteration: to be timed, after {@link #prepare}. */
    public Plan plan() {
        return step;
    }

    /** Sets inputs and first values, as {@link #run} does before its first step. */
    public void prepare(long seed, int index, List<Integer> targets) {
        write(seed, index, targets);
        step.reset();
    }

    /** Bytes of native memory that this inversion holds. */
    public long memoryBytes() {
        return step.memoryBytes() + render.memoryBytes() - variables.bytes();
    }

    @Override
    public void close() {
        step.close();
        render.close();
        variables.close();
    }

    private void write(long seed, int index, List<Integer> targets) {
        if (targets.size() != settings.batch()) {
            throw new IllegalArgumentException(
                    "%d labels for a batch of %d".formatted(targets.size(), settings.batch()));
        }
        step.write(
                iteration.key(),
                HostTensor.of(Shape.of(3), (int) seed, (int) (seed >>> 32), index));
        step.write(
                iteration.targets(),
                HostTensor.of(
                        Shape.of(targets.size()), targets.stream().mapToInt(t -> t).toArray()));
        if (settings.parts().generator()) {
            float[] oneHot = new float[targets.size() * teacher.classes()];
            for (int i = 0; i < targets.size(); i++) {
                oneHot[i * teacher.classes() + targets.get(i)] = 1;
            }
            step.write(
                    iteration.graph().leaf(Images.ONE_HOT),
                    HostTensor.of(Shape.of(targets.size(), teacher.classes()), oneHot));
        }
    }

    private List<Losses> history(int rows) {
        ByteBuffer numbers = step.read(iteration.history()).data();
        List<Losses> history = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            history.add(
                    new Losses(
                            numbers.getFloat(),
                            numbers.getFloat(),
                            numbers.getFloat(),
                            numbers.getFloat(),
                            numbers.getFloat()));
        }
        return history;
    }

    private static int best(List<Losses> history) {
        int best = -1;
        for (int i = 0; i < history.size(); i++) {
            float total = history.get(i).total();
            if (total < (best < 0 ? Float.POSITIVE_INFINITY : history.get(best).total())) {
                best = i;
            }
        }
        if (best < 0) {
            throw new ArithmeticException(
                    "the loss was not a finite number in any of %d iterations"
                            .formatted(history.size()));
        }
        return best;
    }
}

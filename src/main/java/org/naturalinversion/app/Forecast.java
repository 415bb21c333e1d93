package org.naturalinversion.app;

import org.naturalinversion.graph.Engine;
import org.naturalinversion.method.Inversion;
import org.naturalinversion.method.Settings;
import org.naturalinversion.metric.Evaluator;
import org.naturalinversion.model.Classifier;

/**
 * What inverting a classifier will need, without doing it.
 *
 * @param batch images made together
 * @param memoryBytes native memory that {@code synthesize} holds, without what the program and the
 *     classifier's file take
 * @param secondsPerIteration about how long an iteration lasts on this machine, from its measured
 *     peak
 */
public record Forecast(int batch, long memoryBytes, double secondsPerIteration) {
    /**
     * How much longer iterations take than the sum of their calls' floors: 1.4 to 1.7 times in
     * benchmarks/results.
     */
    private static final double OVER_FLOOR = 1.45;

    /** Plans a batch and measures the engine's peak, in a few seconds. */
    public static Forecast of(Engine engine, Classifier classifier, Settings settings) {
        return of(engine, Peak.measure(engine, settings.precision()), classifier, settings);
    }

    /** Plans a batch on an engine whose peak is known. */
    static Forecast of(Engine engine, Peak peak, Classifier classifier, Settings settings) {
        Engine dry = engine.dry();
        try (Inversion inversion = new Inversion(dry, classifier, settings);
                Evaluator evaluator = new Evaluator(dry, classifier, settings.batch())) {
            // A run that does nothing tells what its calls would compute and touch.
            double floor =
                    inversion.plan().profile(1).stream()
                            .mapToDouble(c -> peak.floorMilliseconds(c.flops(), c.bytes()))
                            .sum();
            return new Forecast(
                    settings.batch(),
                    inversion.memoryBytes() + evaluator.memoryBytes(),
                    OVER_FLOOR * floor / 1e3);
        }
    }
}

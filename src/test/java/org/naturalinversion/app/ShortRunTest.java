package org.naturalinversion.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.naturalinversion.TestBackends;
import org.naturalinversion.app.Doctor.Finding;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Losses;
import org.naturalinversion.tensor.HostTensor;

/** The short run that backends are compared by. */
class ShortRunTest {
    @Test
    void isAlikeInEveryPrecisionAndTellsWhatIsNot() {
        ShortRun run = new ShortRun();
        try (Engine engine = TestBackends.open()) {
            Batch reference = run.on(engine, Precision.F32);

            for (Precision precision : Precision.values()) {
                assertThat(ShortRun.compare(run.on(engine, precision), reference, precision))
                        .hasSize(16)
                        .allMatch(Finding::ok)
                        .extracting(Finding::name)
                        .contains(
                                "run %s iteration 1: bn".formatted(precision),
                                "run %s iteration 6: images".formatted(precision));
            }
            assertThat(wrong(losses(reference, 1, 1.002f), reference))
                    .containsExactly("run f32 iteration 2: bn");
            assertThat(wrong(losses(reference, 0, 1.0002f), reference))
                    .containsExactly("run f32 iteration 1: bn");
            assertThat(wrong(losses(reference, 5, Float.NaN), reference))
                    .containsExactly("run f32 iteration 6: bn");
            assertThat(wrong(images(reference, 0.8f), reference))
                    .containsExactly("run f32 iteration 6: images");
        }
    }

    private static List<String> wrong(Batch run, Batch reference) {
        return ShortRun.compare(run, reference, Precision.F32).stream()
                .filter(finding -> !finding.ok())
                .map(Finding::name)
                .toList();
    }

    /** The same run, but for one number of its losses. */
    private static Batch losses(Batch run, int iteration, float factor) {
        List<Losses> history = new ArrayList<>(run.history());
        Losses x = history.get(iteration);
        history.set(
                iteration,
                new Losses(
                        x.total(),
                        x.crossEntropy(),
                        factor * x.batchNorm(),
                        x.totalVariation(),
                        x.l2()));
        return new Batch(0, run.targets(), run.images(), history, run.bestIteration());
    }

    private static Batch images(Batch run, float factor) {
        float[] values = run.images().toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        HostTensor images = HostTensor.of(run.images().shape(), values);
        return new Batch(0, run.targets(), images, run.history(), run.bestIteration());
    }
}

package org.naturalinversion.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.naturalinversion.TestBackends;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;

/** Whole batches, small ones. */
@Tag("backend")
class InversionTest {
    private static final List<Integer> TARGETS =
            IntStream.range(0, 6).map(i -> i % 10).boxed().toList();
    private static final Settings SMALL =
            Settings.PAPER_CIFAR10.batch(TARGETS.size()).iterations(12).generator(16, 32);

    private static Engine engine;
    private static Classifier teacher;

    @BeforeAll
    static void open() throws URISyntaxException {
        engine = TestBackends.open();
        Path weights =
                Path.of(InversionTest.class.getResource("/models/resnet20-12fca82f.th").toURI());
        teacher =
                ClassifierReader.read(
                        weights, "resnet20-cifar", Normalization.Preset.IMAGENET.of(3), 32);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void aBatchIsTheSameWheneverItIsMade() {
        Batch alone;
        try (Inversion inversion = new Inversion(engine, teacher, SMALL)) {
            alone = run(inversion, 7, 1);
        }
        try (Inversion inversion = new Inversion(engine, teacher, SMALL)) {
            Batch first = run(inversion, 7, 0);
            Batch second = run(inversion, 7, 1);
            assertThat(second.images().data()).isEqualTo(alone.images().data());
            assertThat(second.history()).isEqualTo(alone.history());
            assertThat(first.images().data()).isNotEqualTo(second.images().data());
            assertThat(run(inversion, 8, 1).images().data()).isNotEqualTo(alone.images().data());
        }
    }

    @ParameterizedTest(name = "generator {0}, ftp {1}, acs {2}, {3}")
    @CsvSource({
        "true, true, true, BF16",
        "true, true, false, F32",
        "true, false, true, F32",
        "true, false, false, F32",
        "false, true, true, F32",
        "false, true, false, F32",
        "false, false, true, F32",
        "false, false, false, F32",
        "false, false, false, BF16",
    })
    void everyPartCanBeLeftOutAndTheLossFalls(
            boolean generator, boolean ftp, boolean acs, Precision precision) {
        Settings settings =
                SMALL.parts(new Settings.Parts(generator, ftp, acs)).precision(precision);
        try (Inversion inversion = new Inversion(engine, teacher, settings)) {
            Batch batch = run(inversion, 3, 0);
            assertThat(batch.history()).hasSize(12);
            assertThat(batch.best().total()).isLessThan(0.9f * batch.history().get(0).total());
            assertThat(batch.best().total())
                    .isEqualTo(
                            (float)
                                    batch.history().stream()
                                            .mapToDouble(Losses::total)
                                            .min()
                                            .orElseThrow());
        }
    }

    @Test
    void imagesAreThoseOfTheBestStateWithoutJitter() {
        Settings still = SMALL.iterations(1);
        Settings longer = SMALL.iterations(2);
        // The best state of one iteration is the first; that of more, where the loss falls, a
        // later.
        try (Inversion one = new Inversion(engine, teacher, still);
                Inversion two = new Inversion(engine, teacher, longer)) {
            Batch first = run(one, 5, 0);
            Batch later = run(two, 5, 0);
            assertThat(later.history().get(0)).isEqualTo(first.history().get(0));
            assertThat(later.bestIteration()).isEqualTo(1);
            assertThat(later.images().data()).isNotEqualTo(first.images().data());
        }
    }

    @Test
    void theListenerStopsIt() {
        try (Inversion inversion = new Inversion(engine, teacher, SMALL)) {
            Inversion.Listener impatient =
                    new Inversion.Listener() {
                        private int asked;

                        @Override
                        public void progressed(int iterations, Losses losses) {
                            assertThat(iterations).isLessThan(4);
                        }

                        @Override
                        public boolean goesOn() {
                            return asked++ < 3;
                        }
                    };
            assertThatThrownBy(() -> inversion.run(1, 0, TARGETS, impatient))
                    .isInstanceOf(Inversion.StoppedException.class);
        }
    }

    private static Batch run(Inversion inversion, long seed, int index) {
        return inversion.run(seed, index, TARGETS, (done, losses) -> {});
    }
}

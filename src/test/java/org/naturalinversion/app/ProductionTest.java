package org.naturalinversion.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.data.BatchFiles;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.data.Manifest;
import org.naturalinversion.data.RunDirectory;
import org.naturalinversion.data.Samples;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Inversion;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** The loop over batches, with batches that nobody has to compute. */
class ProductionTest {
    private static final int ITERATIONS = 3;

    @TempDir Path folder;
    private final List<Integer> made = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private int stopAfter = Integer.MAX_VALUE;

    @Test
    void makesAllBatchesAndKeepsAsManyImagesAsWereAskedFor() {
        RunDirectory run = open();

        assertThat(production(run).complete()).isTrue();

        assertThat(made).containsExactly(0, 1, 2);
        assertThat(run.manifest().finished()).isTrue();
        assertThat(run.manifest().batches())
                .extracting(Manifest.BatchRecord::images)
                .containsExactly(4, 4, 2);
        assertThat(told)
                .containsExactly(
                        "begin 9",
                        "3: batch 1 of 3, loss 33.33",
                        "6: batch 2 of 3, loss 25.00",
                        "9: batch 3 of 3, loss 20.00",
                        "end");
    }

    @Test
    void stopsBetweenIterationsAndGoesOnWhereItWas() {
        stopAfter = 4;
        RunDirectory run = open();
        assertThat(production(run).complete()).isFalse();
        assertThat(run.manifest().finished()).isFalse();
        assertThat(run.manifest().batches()).hasSize(1);
        assertThat(told).endsWith("end");

        stopAfter = Integer.MAX_VALUE;
        made.clear();
        told.clear();
        RunDirectory again = open();
        assertThat(production(again).complete()).isTrue();

        assertThat(made).containsExactly(1, 2);
        assertThat(told).startsWith("begin 6", "3: batch 2 of 3, loss 25.00");
        assertThat(again.manifest().batches()).hasSize(3);
    }

    @Test
    void hasNothingToDoForAFinishedRun() {
        production(open()).complete();
        made.clear();
        assertThat(production(open()).complete()).isTrue();
        assertThat(made).isEmpty();
    }

    private RunDirectory open() {
        Manifest fresh =
                new Manifest(
                        "",
                        new Manifest.Software("", ""),
                        false,
                        10,
                        new Manifest.Teacher("", "", "", 10, ""),
                        new Manifest.Backend("", "", 0, Map.of()),
                        Map.of(),
                        List.of());
        return RunDirectory.open(
                folder, RunDirectory.manifest(folder).orElse(fresh), line -> told.add(line));
    }

    private Production production(RunDirectory run) {
        BatchFiles files =
                new BatchFiles(
                        Set.of(Format.PNG), false, Normalization.Preset.NONE.of(1), 10, Map.of());
        Targets targets = new Targets(List.of(0, 1, 2), 10, 4, 0);
        return new Production(run, targets, ITERATIONS, files, new Fake(), new Listener());
    }

    /** Asks before every iteration, as an inversion does, and tells after the last. */
    private final class Fake implements Maker {
        @Override
        public Batch make(int index, List<Integer> targets, Inversion.Listener listener) {
            Batch batch = Samples.batch(index, targets, 4, 1);
            for (int i = 0; i < ITERATIONS; i++) {
                if (!listener.goesOn()) {
                    throw new Inversion.StoppedException();
                }
            }
            listener.progressed(ITERATIONS, batch.best());
            made.add(index);
            return batch;
        }

        @Override
        public Look look(Batch batch) {
            int images = batch.targets().size();
            return new Look(
                    HostTensor.of(Shape.of(images, 10), new float[images * 10]),
                    Map.of("teacher", images));
        }
    }

    private final class Listener implements Watcher {
        private int asked;

        @Override
        public void begin(String unit, long steps) {
            told.add("begin " + steps);
        }

        @Override
        public void advance(long done, String detail) {
            told.add(done + ": " + detail);
        }

        @Override
        public void end() {
            told.add("end");
        }

        @Override
        public boolean wantsStop() {
            return asked++ >= stopAfter;
        }
    }
}

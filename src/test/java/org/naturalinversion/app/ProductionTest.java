package org.naturalinversion.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.data.BatchFiles;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.data.Manifest;
import org.naturalinversion.data.RunDirectory;
import org.naturalinversion.data.Samples;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Inversion;
import org.naturalinversion.method.Losses;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** The loop over batches, with batches that nobody has to compute. */
class ProductionTest {
    private static final int ITERATIONS = 3;

    @TempDir Path folder;
    private final List<Integer> made = Collections.synchronizedList(new ArrayList<>());
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger closed = new AtomicInteger();
    private int stopAfter = Integer.MAX_VALUE;

    /** What a maker does before it begins with a batch, and those that it never ends. */
    private IntConsumer before = index -> {};

    private Set<Integer> endless = Set.of();
    private boolean diverges;
    private BooleanSupplier wantsStop = () -> false;

    @Test
    void makesAllBatchesAndKeepsAsManyImagesAsWereAskedFor() {
        RunDirectory run = open();

        assertThat(complete(run)).isTrue();

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
    void warnsOfLossesThatAreNotFinite() {
        diverges = true;

        assertThat(complete(open())).isTrue();

        assertThat(told)
                .contains(
                        "warning: the loss of batch 1 was not a finite number in 1 of 3 iterations;"
                                + " its images are of iteration 3");
    }

    @Test
    void stopsBetweenIterationsAndGoesOnWhereItWas() {
        stopAfter = 4;
        RunDirectory run = open();
        assertThat(complete(run)).isFalse();
        assertThat(run.manifest().finished()).isFalse();
        assertThat(run.manifest().batches()).hasSize(1);
        assertThat(told).endsWith("end");

        stopAfter = Integer.MAX_VALUE;
        made.clear();
        told.clear();
        RunDirectory again = open();
        assertThat(complete(again)).isTrue();

        assertThat(made).containsExactly(1, 2);
        assertThat(told).startsWith("begin 6", "3: batch 2 of 3, loss 25.00");
        assertThat(again.manifest().batches()).hasSize(3);
    }

    @Test
    void hasNothingToDoForAFinishedRun() {
        complete(open());
        made.clear();
        assertThat(complete(open())).isTrue();
        assertThat(made).isEmpty();
    }

    @Test
    @Timeout(60)
    void severalMakersFillTheRunInAnyOrder() {
        before =
                index -> {
                    if (index == 0) {
                        await(() -> written().equals(List.of(1, 2)));
                        assertThat(RunDirectory.manifest(folder).orElseThrow().finished())
                                .isFalse();
                    }
                };
        RunDirectory run = open();

        assertThat(complete(run, 2)).isTrue();

        assertThat(made).containsExactly(1, 2, 0);
        assertThat(written()).containsExactly(0, 1, 2);
        assertThat(run.manifest().finished()).isTrue();
        assertThat(told).contains("6: batch 3 of 3, loss 20.00", "9: batch 1 of 3, loss 33.33");
    }

    @Test
    @Timeout(60)
    void whenOneFailsTheOthersStopAndWhatIsFinishedStays() throws IOException {
        for (BackendException failure :
                List.of(new OutOfMemoryException("full"), new BackendException("lost"))) {
            CountDownLatch failed = new CountDownLatch(1);
            before =
                    index -> {
                        if (index == 1) {
                            await(() -> written().equals(List.of(0)));
                            failed.countDown();
                            throw failure;
                        } else if (index == 2) {
                            await(() -> failed.getCount() == 0);
                        }
                    };
            endless = Set.of(2);
            assertThatThrownBy(() -> complete(open(), 2)).isSameAs(failure);

            assertThat(written()).containsExactly(0);
            assertThat(files()).isEqualTo(filesOfTheManifest());
            assertThat(told).endsWith("end");
        }

        before = index -> {};
        endless = Set.of();
        made.clear();
        assertThat(complete(open(), 2)).isTrue();
        assertThat(made).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    @Timeout(60)
    void allMakersStop() {
        CountDownLatch both = new CountDownLatch(2);
        before = index -> both.countDown();
        endless = Set.of(0, 1);
        wantsStop = () -> both.getCount() == 0;

        assertThat(complete(open(), 2)).isFalse();

        assertThat(made).isEmpty();
        assertThat(written()).isEmpty();
    }

    @Test
    void makersAreClosedWhetherAllCouldBeEngagedOrNot() {
        new Crew(3, i -> new Fake()).close();
        assertThat(closed.get()).isEqualTo(3);

        OutOfMemoryException full = new OutOfMemoryException("full");
        assertThatThrownBy(
                        () ->
                                new Crew(
                                        3,
                                        i -> {
                                            if (i == 2) {
                                                throw full;
                                            }
                                            return new Fake();
                                        }))
                .isSameAs(full);
        assertThat(closed.get()).isEqualTo(5);
    }

    /** The batches that the manifest on the disk has. */
    private List<Integer> written() {
        return RunDirectory.manifest(folder).orElseThrow().batches().stream()
                .map(Manifest.BatchRecord::index)
                .toList();
    }

    private Set<String> filesOfTheManifest() {
        Set<String> files = new TreeSet<>(Set.of(RunDirectory.MANIFEST, BatchFiles.GRID));
        RunDirectory.manifest(folder)
                .orElseThrow()
                .batches()
                .forEach(batch -> files.addAll(batch.files().keySet()));
        return files;
    }

    private Set<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.yield();
        }
    }

    private RunDirectory open() {
        Manifest fresh =
                new Manifest(
                        "",
                        new Manifest.Software("", ""),
                        false,
                        10,
                        new Manifest.Teacher("", "", "", 10, ""),
                        null,
                        new Manifest.Backend("", "", 0, Map.of()),
                        Map.of("images", 10, "batch", 4, "iterations", ITERATIONS),
                        List.of());
        RunDirectory run =
                RunDirectory.open(folder, RunDirectory.manifest(folder).orElse(fresh), told::add);
        run.begin();
        return run;
    }

    private boolean complete(RunDirectory run) {
        return complete(run, 1);
    }

    private boolean complete(RunDirectory run, int makers) {
        BatchFiles files =
                new BatchFiles(
                        Set.of(Format.PNG), false, Normalization.Preset.NONE.of(1), 10, Map.of());
        Targets targets = new Targets(List.of(0, 1, 2), 10, 4, 0);
        try (Crew crew = new Crew(makers, i -> new Fake())) {
            return new Production(run, targets, ITERATIONS, files, crew, new Listener()).complete();
        }
    }

    /** Asks before every iteration, as an inversion does, and tells after the last. */
    private final class Fake implements Maker {
        @Override
        public Batch make(int index, List<Integer> targets, Inversion.Listener listener) {
            before.accept(index);
            Batch batch = Samples.batch(index, targets, 4, 1);
            for (int i = 0; i < ITERATIONS || endless.contains(index); i++) {
                if (!listener.goesOn()) {
                    throw new Inversion.StoppedException();
                }
            }
            listener.progressed(ITERATIONS, batch.best());
            made.add(index);
            return diverges && index == 1 ? diverging(batch) : batch;
        }

        private Batch diverging(Batch batch) {
            List<Losses> history = new ArrayList<>(batch.history());
            history.set(0, new Losses(Float.NaN, 0, 0, 0, 0));
            return new Batch(
                    batch.index(), batch.targets(), batch.images(), history, batch.bestIteration());
        }

        @Override
        public Look look(Batch batch) {
            int images = batch.targets().size();
            return new Look(
                    HostTensor.of(Shape.of(images, 10), new float[images * 10]),
                    Map.of("teacher", images, "teacher_png", images));
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    private final class Listener implements Watcher {
        private final AtomicInteger asked = new AtomicInteger();

        @Override
        public void note(String line) {
            told.add(line);
        }

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
            return wantsStop.getAsBoolean() || asked.getAndIncrement() >= stopAfter;
        }
    }
}

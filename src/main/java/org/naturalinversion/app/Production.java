package org.naturalinversion.app;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.naturalinversion.data.BatchFiles;
import org.naturalinversion.data.Manifest;
import org.naturalinversion.data.RunDirectory;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Inversion;
import org.naturalinversion.method.Losses;

/** Makes the batches that a run directory lacks: every maker takes the next that nobody has. */
final class Production {
    private final RunDirectory run;
    private final Targets targets;
    private final int iterations;
    private final BatchFiles files;
    private final Crew crew;
    private final Watcher watcher;
    private final Queue<Integer> missing = new ConcurrentLinkedQueue<>();
    private long done;

    Production(
            RunDirectory run,
            Targets targets,
            int iterations,
            BatchFiles files,
            Crew crew,
            Watcher watcher) {
        this.run = run;
        this.targets = targets;
        this.iterations = iterations;
        this.files = files;
        this.crew = crew;
        this.watcher = watcher;
        batches().filter(i -> !run.has(i)).forEach(missing::add);
    }

    private IntStream batches() {
        return IntStream.range(0, targets.batches());
    }

    /** Iterations of all batches together that have been done. */
    synchronized long iterationsDone() {
        return done;
    }

    /**
     * Makes them, unless the watcher stops it; says whether all are there. If a maker fails, the
     * others stop as well, and what it has thrown is thrown here.
     */
    boolean complete() {
        watcher.begin("iteration", (long) missing.size() * iterations);
        try {
            crew.work(this::makeBatches);
        } finally {
            watcher.end();
        }
        boolean complete = batches().allMatch(run::has);
        if (complete) {
            run.finish();
        }
        return complete;
    }

    private void makeBatches(Maker maker) {
        try {
            for (Integer i = missing.poll(); i != null; i = missing.poll()) {
                make(i, maker);
            }
        } catch (Inversion.StoppedException e) {
            // Then that batch is not there; those before it are.
            return;
        }
    }

    private void make(int index, Maker maker) {
        long start = System.nanoTime();
        Batch made = maker.make(index, targets.of(index), new Progress(index));
        double seconds = (System.nanoTime() - start) / 1e9;
        Batch kept = made.first(targets.kept(index));
        warnOfLoss(kept);
        Maker.Look look = maker.look(kept);
        Manifest.BatchRecord record =
                new Manifest.BatchRecord(
                        index,
                        kept.targets().size(),
                        seconds,
                        iterations,
                        kept.bestIteration() + 1,
                        kept.best(),
                        look.correct(),
                        Map.of());
        synchronized (run) {
            byte[] grid = index == 0 ? files.grid().of(kept).orElse(null) : null;
            run.add(record, files.of(kept, look.logits()), grid);
        }
    }

    private synchronized void warnOfLoss(Batch batch) {
        long lost = batch.history().stream().filter(l -> !Float.isFinite(l.total())).count();
        if (lost > 0) {
            watcher.warn(
                    "the loss of batch %d was not a finite number in %d of %d iterations; its images are of iteration %d"
                            .formatted(batch.index(), lost, iterations, batch.bestIteration() + 1));
        }
    }

    /** What a batch's maker tells and asks. */
    private final class Progress implements Inversion.Listener {
        private final int index;
        private int told;

        Progress(int index) {
            this.index = index;
        }

        @Override
        public void progressed(int iteration, Losses losses) {
            advance(iteration - told, detail(index, losses));
            told = iteration;
        }

        @Override
        public boolean goesOn() {
            return !crew.hasFailed() && !watcher.wantsStop();
        }
    }

    /** The watcher hears from one maker at a time, of the iterations of all together. */
    private synchronized void advance(int more, String detail) {
        done += more;
        watcher.advance(done, detail);
    }

    private String detail(int index, Losses losses) {
        String loss = "loss %.4g".formatted(losses.total());
        return targets.batches() == 1
                ? loss
                : "batch %d of %d, %s".formatted(index + 1, targets.batches(), loss);
    }
}

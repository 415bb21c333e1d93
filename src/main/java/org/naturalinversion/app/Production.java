package org.naturalinversion.app;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.naturalinversion.data.BatchFiles;
import org.naturalinversion.data.Manifest;
import org.naturalinversion.data.RunDirectory;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Inversion;
import org.naturalinversion.method.Losses;

/** Makes the batches that a run directory lacks. */
record Production(
        RunDirectory run,
        Targets targets,
        int iterations,
        BatchFiles files,
        Maker maker,
        Watcher watcher) {

    /** Makes them, unless the watcher stops it; says whether all are there. */
    boolean complete() {
        List<Integer> missing =
                IntStream.range(0, targets.batches()).filter(i -> !run.has(i)).boxed().toList();
        watcher.begin("iteration", (long) missing.size() * iterations);
        try {
            for (int i = 0; i < missing.size(); i++) {
                make(missing.get(i), (long) i * iterations);
            }
            run.finish();
        } catch (Inversion.StoppedException e) {
            return false;
        } finally {
            watcher.end();
        }
        return true;
    }

    private void make(int index, long done) {
        long start = System.nanoTime();
        Batch made =
                maker.make(
                        index,
                        targets.of(index),
                        new Inversion.Listener() {
                            @Override
                            public void progressed(int iteration, Losses losses) {
                                watcher.advance(done + iteration, detail(index, losses));
                            }

                            @Override
                            public boolean goesOn() {
                                return !watcher.wantsStop();
                            }
                        });
        double seconds = (System.nanoTime() - start) / 1e9;
        Batch kept = made.first(targets.kept(index));
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
        run.add(record, files.of(kept, look.logits()), kept.history());
    }

    private String detail(int index, Losses losses) {
        String loss = "loss %.4g".formatted(losses.total());
        return targets.batches() == 1
                ? loss
                : "batch %d of %d, %s".formatted(index + 1, targets.batches(), loss);
    }
}

package org.naturalinversion.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.naturalinversion.method.Batch;

/**
 * The labels of a run: the classes in turn over the whole run, and of the last, incomplete turn the
 * classes drawn at random. Batches are of one size; the last is filled up with further turns, whose
 * images are made, because the statistics of a batch need them, but not kept.
 */
final class Targets {
    private final List<Integer> classes;
    private final List<Integer> last;
    private final int images;
    private final int batch;

    /**
     * Deals the classes out.
     *
     * @param classes at least one
     * @param images labels of the whole run
     * @param batch labels of one batch
     * @param seed of the run
     */
    Targets(List<Integer> classes, int images, int batch, long seed) {
        this.classes = List.copyOf(classes);
        this.images = images;
        this.batch = batch;
        last = new ArrayList<>(classes);
        Collections.shuffle(last, new Random(seed));
    }

    /** Number of batches. */
    int batches() {
        return Batch.count(images, batch);
    }

    /** The labels of a batch, all that are made. */
    List<Integer> of(int index) {
        long first = (long) index * batch;
        return LongStream.range(first, first + batch).mapToObj(this::label).toList();
    }

    private Integer label(long image) {
        int turns = classes.size();
        boolean incomplete = images % turns != 0 && image / turns == images / turns;
        return (incomplete ? last : classes).get((int) (image % turns));
    }

    /** How many of a batch's images, from the first, are kept. */
    int kept(int index) {
        return Math.min(batch, images - index * batch);
    }
}

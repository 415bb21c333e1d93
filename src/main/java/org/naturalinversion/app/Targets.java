package org.naturalinversion.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The labels of a run: the classes in turn over the whole run, and of the last, incomplete turn the
 * classes drawn at random. Batches are of one size; the last is filled up with further turns, whose
 * images are made, because the statistics of a batch need them, but not kept.
 */
final class Targets {
    private final List<Integer> labels = new ArrayList<>();
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
        this.images = images;
        this.batch = batch;
        List<Integer> last = new ArrayList<>(classes);
        Collections.shuffle(last, new Random(seed));
        while (labels.size() < images) {
            labels.addAll(images - labels.size() >= classes.size() ? classes : last);
        }
        while (labels.size() < batches() * batch) {
            labels.addAll(classes);
        }
    }

    /** Number of batches. */
    int batches() {
        return (images + batch - 1) / batch;
    }

    /** The labels of a batch, all that are made. */
    List<Integer> of(int index) {
        return List.copyOf(labels.subList(index * batch, (index + 1) * batch));
    }

    /** How many of a batch's images, from the first, are kept. */
    int kept(int index) {
        return Math.min(batch, images - index * batch);
    }
}

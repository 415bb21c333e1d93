package org.naturalinversion.method;

import java.util.List;
import org.naturalinversion.tensor.HostTensor;

/**
 * A finished batch of images.
 *
 * @param index which batch of the run
 * @param targets the labels
 * @param images float32 [B, H, W, C] in the classifier's normalised input space
 * @param history the losses of every iteration
 * @param bestIteration the iteration, counted from 0, whose state the images are of
 */
public record Batch(
        int index,
        List<Integer> targets,
        HostTensor images,
        List<Losses> history,
        int bestIteration) {
    /** How many batches hold so many images; the last need not be full. */
    public static int count(int images, int batch) {
        return -Math.floorDiv(-images, batch);
    }

    /** The losses of the state that the images are of (jittered, as they were measured). */
    public Losses best() {
        return history.get(bestIteration);
    }

    /** The first images alone. */
    public Batch first(int count) {
        return new Batch(
                index, targets.subList(0, count), images.first(count), history, bestIteration);
    }
}

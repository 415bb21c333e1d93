package org.naturalinversion.app;

import java.util.function.Consumer;
import java.util.function.IntToLongFunction;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.method.Batch;

/**
 * The largest batch that fits into memory: a power of two, from 16 to 2048, and no more images than
 * are wanted, but for the rounding.
 *
 * @param images that are wanted in all
 * @param concurrent the most batches that are made at once
 * @param free memory that there is for them
 */
record LargestBatch(int images, int concurrent, FreeMemory free) {
    static final int SMALLEST = 16;
    private static final int LARGEST = 2048;

    /** What is left to others, and to what the plans do not know of. */
    private static final double RESERVE = 0.1;

    /**
     * Finds it.
     *
     * @param bytes what a batch of a size takes, exactly; asked for few sizes, since it takes time
     * @param log receives a note that says which it is, and why
     * @throws OutOfMemoryException if not even the smallest fits
     */
    int find(IntToLongFunction bytes, Consumer<String> log) {
        int wanted = Batch.count(images, concurrent);
        int batch = SMALLEST;
        while (batch < Math.min(wanted, LARGEST)) {
            batch *= 2;
        }
        // From two small ones follows about what others take: those that cannot fit are not tried.
        long smallest = bytes.applyAsLong(SMALLEST);
        long each = (bytes.applyAsLong(2 * SMALLEST) - smallest) / SMALLEST;
        while (batch > SMALLEST && !fits(batch, smallest + each * (batch - SMALLEST))) {
            batch /= 2;
        }
        long takes = bytes.applyAsLong(batch);
        while (batch > SMALLEST && !fits(batch, takes)) {
            batch /= 2;
            takes = bytes.applyAsLong(batch);
        }
        if (!fits(batch, takes)) {
            throw new OutOfMemoryException(
                    ("even a batch of %d is too large: it needs about %s, but only %s, a tenth of"
                                    + " which is reserved")
                            .formatted(batch, FreeMemory.megabytes(together(batch, takes)), free));
        }
        log.accept(
                "batch %d: %s; %,d MB of %,d MB free"
                        .formatted(
                                batch,
                                batch >= wanted
                                        ? "no more images are needed"
                                        : batch == LARGEST
                                                ? "the maximum"
                                                : "the largest that fits",
                                together(batch, takes) / 1_000_000,
                                free.bytes() / 1_000_000));
        return batch;
    }

    private boolean fits(int batch, long bytes) {
        return together(batch, bytes) <= (1 - RESERVE) * free.bytes();
    }

    /** What as many batches take as are made at once. */
    private long together(int batch, long bytes) {
        return bytes * Math.min(concurrent, Batch.count(images, batch));
    }
}

package org.naturalinversion.app;

import java.util.function.Supplier;
import org.naturalinversion.backend.OutOfMemoryException;

/** Work on batches that says, where memory runs short, that a smaller batch takes less. */
final class TooLarge {
    private TooLarge() {}

    /**
     * Does the work.
     *
     * @param batch its images at a time
     * @param least the smallest batch that can be asked for
     * @throws OutOfMemoryException if it has too little memory
     */
    static <T> T told(int batch, int least, Supplier<T> work) {
        try {
            return work.get();
        } catch (OutOfMemoryException e) {
            throw new OutOfMemoryException(
                    "batch %d takes too much memory: %s%s"
                            .formatted(
                                    batch,
                                    e.getMessage(),
                                    batch > least ? "; a smaller --batch takes less" : ""),
                    e);
        }
    }
}

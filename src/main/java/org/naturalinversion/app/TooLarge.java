package org.naturalinversion.app;

import java.util.function.Supplier;
import org.naturalinversion.backend.OutOfMemoryException;

/** Adds the advice of a smaller batch to out-of-memory errors. */
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
                    "batch %d needs too much memory: %s%s"
                            .formatted(
                                    batch,
                                    e.getMessage(),
                                    batch > least ? "; use a smaller --batch" : ""),
                    e);
        }
    }
}

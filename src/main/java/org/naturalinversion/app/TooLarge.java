package org.naturalinversion.app;

import java.util.function.Supplier;
import org.naturalinversion.backend.OutOfMemoryException;

/** Adds the advice of a smaller batch to out-of-memory errors. */
final class TooLarge {
    private TooLarge() {}

    /**
     * Does the work.
     *
     * @throws OutOfMemoryException if it has too little memory
     */
    static <T> T told(int batch, Supplier<T> work) {
        try {
            return work.get();
        } catch (OutOfMemoryException e) {
            throw new OutOfMemoryException(
                    "batch %d needs too much memory: %s; use a smaller --batch"
                            .formatted(batch, e.getMessage()));
        }
    }
}

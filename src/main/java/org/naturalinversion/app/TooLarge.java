package org.naturalinversion.app;

import java.util.function.Supplier;
import org.naturalinversion.backend.OutOfMemoryException;

/** Work on batches that says, where memory runs short, that a smaller batch takes less. */
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

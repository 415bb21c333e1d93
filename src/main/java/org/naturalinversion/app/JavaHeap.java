package org.naturalinversion.app;

import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.model.ImageSize;

/** What batches of images need of Java's heap, whose size is separate from other memory. */
final class JavaHeap {
    /**
     * Copies of a batch while it is judged and written: as it was made, as a file will have it, as
     * each classifier sees it, and copies in transit.
     */
    private static final int COPIES = 8;

    private JavaHeap() {}

    /** Bytes for this many images at a time. */
    static long bytes(int images, ImageSize size) {
        return (long) COPIES
                * images
                * size.height()
                * size.width()
                * size.channels()
                * Float.BYTES;
    }

    /** Bytes that are left. */
    static long left() {
        Runtime java = Runtime.getRuntime();
        return java.maxMemory() - (java.totalMemory() - java.freeMemory());
    }

    /**
     * Requires room for this many images.
     *
     * @throws OutOfMemoryException if they do not; the message says what makes the heap larger
     */
    static void require(int images, ImageSize size) {
        long bytes = bytes(images, size);
        if (bytes > left()) {
            System.gc();
        }
        if (bytes > left()) {
            long most = Runtime.getRuntime().maxMemory();
            throw new OutOfMemoryException(
                    "%d images at a time need about %s of Java's heap, but only %,d MB of %s are free; use %sNI_JAVA_OPTIONS=-Xmx%dm"
                            .formatted(
                                    images,
                                    FreeMemory.megabytes(bytes),
                                    left() / 1_000_000,
                                    FreeMemory.megabytes(most),
                                    images > 1 ? "a smaller --batch, or " : "",
                                    (most + bytes) >> 20));
        }
    }
}

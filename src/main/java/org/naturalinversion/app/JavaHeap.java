package org.naturalinversion.app;

import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.model.ImageSize;

/** What batches of images take of Java's heap, which has a size of its own. */
final class JavaHeap {
    /**
     * As many copies of a batch there are while it is looked at and written: as it was made, as a
     * file will have it, as each classifier sees it, and as it is copied to and fro.
     */
    private static final int COPIES = 8;

    private JavaHeap() {}

    /** Bytes for so many images at a time. */
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
     * Sees to it that so many images find room.
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
                    "%d images at a time take about %s of Java's heap, %,d MB of its %s are left; %sNI_JAVA_OPTIONS=-Xmx%dm makes it larger"
                            .formatted(
                                    images,
                                    FreeMemory.megabytes(bytes),
                                    left() / 1_000_000,
                                    FreeMemory.megabytes(most),
                                    images > 1 ? "a smaller --batch takes less, " : "",
                                    (most + bytes) >> 20));
        }
    }
}

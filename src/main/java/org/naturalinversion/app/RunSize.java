package org.naturalinversion.app;

import java.util.Set;
import java.util.stream.IntStream;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.model.ImageSize;

/**
 * What a run takes on a disk, about.
 *
 * @param image of each image
 * @param iterations of each batch
 * @param formats that are written
 * @param targets which images there are
 */
record RunSize(ImageSize image, int iterations, Set<Format> formats, Targets targets) {
    /** What a file takes beyond its bytes, and what a row of losses takes. */
    private static final long FILE_BYTES = 4096;

    private static final long ROW_BYTES = 80;

    /** Bytes of batches that are missing, with their losses, and of the table of all losses. */
    long bytes(int[] missing) {
        long values = (long) image.height() * image.width() * image.channels();
        long images = IntStream.of(missing).mapToLong(targets::kept).sum();
        long rows = (long) (missing.length + targets.batches()) * iterations;
        return ROW_BYTES * rows
                + (formats.contains(Format.PNG) ? images * (values + FILE_BYTES) : 0)
                + (formats.contains(Format.RAW) ? images * values * Float.BYTES : 0);
    }
}

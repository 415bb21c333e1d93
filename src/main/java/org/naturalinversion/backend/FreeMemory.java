package org.naturalinversion.backend;

/**
 * Memory that can still be allocated.
 *
 * @param bytes how much
 * @param of what it is a part of, and how large that is: {@code limit of the container: 1,000 MB}
 */
public record FreeMemory(long bytes, String of) {
    private static final long MB = 1_000_000;

    /** Of something that is so large. */
    public static FreeMemory of(String what, long size, long free) {
        return new FreeMemory(Math.max(0, free), what + ": " + megabytes(size));
    }

    /** The one of which less is left. */
    public FreeMemory least(FreeMemory other) {
        return other.bytes < bytes ? other : this;
    }

    /** The one of which more is left. */
    public FreeMemory most(FreeMemory other) {
        return other.bytes > bytes ? other : this;
    }

    /** What is left after taking this many bytes. */
    public FreeMemory less(long taken) {
        return new FreeMemory(Math.max(0, bytes - taken), of);
    }

    /** Bytes in megabytes, rounded up: {@code 1,234 MB}. */
    public static String megabytes(long bytes) {
        return "%,d MB".formatted(bytes / MB + Math.min(1, bytes % MB));
    }

    /** As it ends a message: {@code 800 MB are free (limit of the container: 1,000 MB)}. */
    @Override
    public String toString() {
        return "%,d MB are free (%s)".formatted(bytes / MB, of);
    }
}

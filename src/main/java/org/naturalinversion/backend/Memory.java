package org.naturalinversion.backend;

/** A range of a buffer, in bytes: what kernels are given to read and write. */
public record Memory(Buffer buffer, long offset, long bytes) {
    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if it does not lie within the buffer
     */
    public Memory {
        if (offset < 0 || bytes < 0 || bytes > buffer.bytes() - offset) {
            throw new IllegalArgumentException(
                    "bytes %d to %d of a buffer of %d"
                            .formatted(offset, offset + bytes, buffer.bytes()));
        }
    }

    /**
     * A part of this range.
     *
     * @throws IllegalArgumentException if it does not lie within
     */
    public Memory slice(long from, long length) {
        if (from < 0 || length < 0 || length > bytes - from) {
            throw new IllegalArgumentException(
                    "bytes %d to %d of a range of %d".formatted(from, from + length, bytes));
        }
        return new Memory(buffer, offset + from, length);
    }
}

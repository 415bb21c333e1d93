package org.naturalinversion.backend;

import java.nio.ByteBuffer;

/** A block of a backend's memory. Use after close throws {@link IllegalStateException}. */
public interface Buffer extends AutoCloseable {
    /** Size in bytes. */
    long bytes();

    /** Copies the remaining bytes of the source to the given offset; done when the call returns. */
    void write(long offset, ByteBuffer source);

    /**
     * Fills the remaining bytes of the target from the given offset, after all tasks started so
     * far.
     */
    void read(long offset, ByteBuffer target);

    /** A part of this buffer. */
    default Memory slice(long offset, long bytes) {
        return new Memory(this, offset, bytes);
    }

    @Override
    void close();
}

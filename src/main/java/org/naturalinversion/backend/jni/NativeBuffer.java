package org.naturalinversion.backend.jni;

import java.nio.ByteBuffer;
import java.util.List;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Memory;

/** A block of memory with an address; owns the tasks that are bound to it. */
public abstract class NativeBuffer extends Owned implements Buffer {
    private final NativeBackend backend;
    private final long bytes;

    /**
     * A block of the given size.
     *
     * @param owner whose closing frees it
     */
    protected NativeBuffer(NativeBackend backend, Owned owner, long bytes) {
        super(List.of(owner));
        this.backend = backend;
        this.bytes = bytes;
    }

    /**
     * The buffer behind an argument.
     *
     * @throws IllegalArgumentException if it is another backend's
     * @throws IllegalStateException if it is closed
     */
    public static NativeBuffer of(Memory memory, NativeBackend backend) {
        if (memory.buffer() instanceof NativeBuffer buffer && buffer.backend == backend) {
            buffer.requireOpen();
            return buffer;
        }
        throw new IllegalArgumentException(
                "memory of another backend: " + memory.buffer().getClass().getSimpleName());
    }

    /** Where the block begins, as native code knows it. */
    public abstract long address();

    /** Copies to a range that has been checked. */
    protected abstract void copyIn(long offset, ByteBuffer source);

    /** Copies from a range that has been checked. */
    protected abstract void copyOut(long offset, ByteBuffer target);

    @Override
    public final long bytes() {
        return bytes;
    }

    @Override
    public final void write(long offset, ByteBuffer source) {
        requireOpen();
        copyIn(slice(offset, source.remaining()).offset(), source);
    }

    @Override
    public final void read(long offset, ByteBuffer target) {
        requireOpen();
        copyOut(slice(offset, target.remaining()).offset(), target);
    }

    @Override
    protected final String what() {
        return "a buffer of " + bytes + " bytes";
    }
}

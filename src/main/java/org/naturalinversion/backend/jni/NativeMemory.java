package org.naturalinversion.backend.jni;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.naturalinversion.backend.OutOfMemoryException;

/** Zero-filled memory outside the Java heap that only {@link #free} gives back. */
public final class NativeMemory {
    private static final int LINE = 64;
    private static final int PAGE = 4096;

    /** From here on the C library asks the kernel for fresh pages. */
    private static final long LARGE = 1 << 17;

    private final Pointer block;
    private final long address;

    /**
     * Memory aligned to cache lines, or to pages if there are many.
     *
     * @throws OutOfMemoryException if there is not that much
     */
    public NativeMemory(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("cannot allocate " + bytes + " bytes");
        }
        int alignment = bytes < LARGE ? LINE : PAGE;
        // Pages that nobody has written to cost nothing yet: asking for more than there is
        // succeeds,
        // and the process dies when it writes. So ask first.
        if (bytes >= LARGE && bytes > availableBytes()) {
            throw outOfMemory(bytes);
        }
        block = Pointer.calloc(1, Math.addExact(bytes, alignment));
        if (block == null || block.isNull()) {
            throw outOfMemory(bytes);
        }
        address = (block.address() + alignment - 1) / alignment * alignment;
    }

    private static OutOfMemoryException outOfMemory(long bytes) {
        return new OutOfMemoryException(
                "%d bytes were asked for, %d are free".formatted(bytes, availableBytes()));
    }

    /** Where it begins. */
    public long address() {
        return address;
    }

    /** Bytes of main memory that nobody uses. */
    public static long availableBytes() {
        return Pointer.availablePhysicalBytes();
    }

    /** A part of this memory as Java's buffers see it, at most 2 GiB. */
    public ByteBuffer view(long offset, int bytes) {
        // JavaCPP takes a capacity of 0 for one that is not known.
        return bytes == 0
                ? ByteBuffer.allocate(0)
                : new BytePointer(at(address + offset)).capacity(bytes).asByteBuffer();
    }

    /** Gives it back; called once. */
    public void free() {
        Pointer.free(block);
    }

    /** A pointer to the address, for calls that take one. */
    public static Pointer at(long address) {
        return new Address(address);
    }

    private static final class Address extends Pointer {
        Address(long address) {
            this.address = address;
        }
    }
}

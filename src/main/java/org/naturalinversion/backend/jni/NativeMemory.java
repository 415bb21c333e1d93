package org.naturalinversion.backend.jni;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.OutOfMemoryException;

/**
 * Zero-filled memory outside the Java heap that only {@link #free()} gives back. There is never
 * more of it than fits into main memory: pages that nobody has written to cost nothing yet, so that
 * asking for more succeeds, and whoever writes is killed.
 */
public final class NativeMemory {
    private static final int LINE = 64;
    private static final int PAGE = 4096;

    /** From here on the C library asks the kernel for fresh pages. */
    private static final long LARGE = 1 << 17;

    /**
     * What the program itself will yet take: heap, compiled code, stacks; measured at most 70 MB.
     */
    private static final long KEPT = 100_000_000;

    /** Bytes of all large blocks there are, and what was free when there was none. */
    private static long granted;

    private static FreeMemory before;

    private final Pointer block;
    private final long address;
    private final long bytes;

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
        // More than any machine has; aligning it must not overflow.
        this.bytes = Math.min(bytes, Long.MAX_VALUE - alignment) + alignment;
        grant(this.bytes);
        block = Pointer.calloc(1, this.bytes);
        if (block == null || block.isNull()) {
            giveBack(this.bytes);
            throw outOfMemory(bytes, available());
        }
        address = (block.address() + alignment - 1) / alignment * alignment;
    }

    /** Counts a block; small ones are neither many nor fresh pages. */
    private static synchronized void grant(long bytes) {
        if (bytes >= LARGE) {
            FreeMemory free = available();
            if (bytes > free.bytes()) {
                throw outOfMemory(bytes, free);
            }
            granted += bytes;
        }
    }

    private static synchronized void giveBack(long bytes) {
        if (bytes >= LARGE) {
            granted -= bytes;
        }
    }

    private static OutOfMemoryException outOfMemory(long bytes, FreeMemory free) {
        return new OutOfMemoryException(
                "%s requested, but only %s".formatted(FreeMemory.megabytes(bytes), free));
    }

    /**
     * Main memory that could still be taken. It is unknown how much of the granted memory has been
     * written to, so all of it must fit into what was free before, or into what is free now.
     */
    public static synchronized FreeMemory available() {
        FreeMemory now = MainMemory.here().free().less(KEPT);
        if (granted == 0) {
            before = now;
        }
        return before.most(now).less(granted).least(now);
    }

    /** Where it begins. */
    public long address() {
        return address;
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
        giveBack(bytes);
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

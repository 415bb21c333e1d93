package org.naturalinversion.backend.cpu;

import java.nio.ByteBuffer;
import java.util.List;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Memory;

/** A block of main memory; owns the tasks that are bound to it. */
final class CpuBuffer extends Owned implements Buffer {
    private final CpuBackend backend;
    private final NativeMemory memory;
    private final long bytes;

    /**
     * Wraps memory of the given size.
     *
     * @param owner whose closing frees it
     */
    CpuBuffer(CpuBackend backend, Owned owner, NativeMemory memory, long bytes) {
        super(List.of(owner));
        this.backend = backend;
        this.memory = memory;
        this.bytes = bytes;
    }

    /**
     * The buffer behind an argument.
     *
     * @throws IllegalArgumentException if it is another backend's
     * @throws IllegalStateException if it is closed
     */
    static CpuBuffer of(Memory memory, CpuBackend backend) {
        if (memory.buffer() instanceof CpuBuffer buffer && buffer.backend == backend) {
            buffer.requireOpen();
            return buffer;
        }
        throw new IllegalArgumentException(
                "memory of another backend: " + memory.buffer().getClass().getSimpleName());
    }

    long address() {
        return memory.address();
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void write(long offset, ByteBuffer source) {
        view(offset, source.remaining()).put(source);
    }

    @Override
    public void read(long offset, ByteBuffer target) {
        target.put(view(offset, target.remaining()));
    }

    private ByteBuffer view(long offset, int length) {
        requireOpen();
        Memory range = slice(offset, length);
        return memory.view(range.offset(), length);
    }

    @Override
    String what() {
        return "a buffer of " + bytes + " bytes";
    }

    @Override
    void free() {
        memory.free();
    }
}

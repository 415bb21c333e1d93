package org.naturalinversion.backend.cpu;

import java.nio.ByteBuffer;
import org.naturalinversion.backend.jni.NativeBuffer;
import org.naturalinversion.backend.jni.NativeMemory;
import org.naturalinversion.backend.jni.Owned;

/** A block of main memory. */
final class CpuBuffer extends NativeBuffer {
    private final NativeMemory memory;

    CpuBuffer(CpuBackend backend, Owned owner, NativeMemory memory, long bytes) {
        super(backend, owner, bytes);
        this.memory = memory;
    }

    @Override
    public long address() {
        return memory.address();
    }

    @Override
    protected void copyIn(long offset, ByteBuffer source) {
        memory.view(offset, source.remaining()).put(source);
    }

    @Override
    protected void copyOut(long offset, ByteBuffer target) {
        target.put(memory.view(offset, target.remaining()));
    }

    @Override
    protected void free() {
        memory.free();
    }
}

package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaMalloc;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;
import static org.bytedeco.cuda.global.cudart.cudaMemsetAsync;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.Pointer;
import org.naturalinversion.backend.jni.NativeBuffer;
import org.naturalinversion.backend.jni.NativeMemory;
import org.naturalinversion.backend.jni.Owned;

/** A block of the device's memory. */
final class CudaBuffer extends NativeBuffer {
    /** Copies go through a block of main memory of this size. */
    private static final int STAGE = 16 << 20;

    private final CudaBackend backend;
    private final Pointer block;

    private CudaBuffer(CudaBackend backend, Owned owner, Pointer block, long bytes) {
        super(backend, owner, bytes);
        this.backend = backend;
        this.block = block;
    }

    /**
     * Zero-filled memory.
     *
     * @throws org.naturalinversion.backend.OutOfMemoryException if there is not that much
     */
    static CudaBuffer allocate(CudaBackend backend, Owned owner, long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("cannot allocate " + bytes + " bytes");
        }
        backend.enter();
        Pointer block = new Pointer();
        if (bytes > 0) {
            Status.allocated(cudaMalloc(block, bytes), bytes);
            int status = cudaMemsetAsync(block, 0, bytes, backend.stream());
            if (status != cudaSuccess) {
                release(block);
                Status.cuda(status, "cudaMemsetAsync", bytes + " bytes");
            }
        }
        return new CudaBuffer(backend, owner, block, bytes);
    }

    @Override
    public long address() {
        return block.address();
    }

    @Override
    protected void copyIn(long offset, ByteBuffer source) {
        staged(
                offset,
                source.remaining(),
                (stage, device, bytes) -> {
                    int end = source.limit();
                    stage.view(0, bytes).put(source.limit(source.position() + bytes));
                    source.limit(end);
                    copy(device, NativeMemory.at(stage.address()), bytes, cudaMemcpyHostToDevice);
                });
    }

    @Override
    protected void copyOut(long offset, ByteBuffer target) {
        staged(
                offset,
                target.remaining(),
                (stage, device, bytes) -> {
                    copy(NativeMemory.at(stage.address()), device, bytes, cudaMemcpyDeviceToHost);
                    target.put(stage.view(0, bytes));
                });
    }

    private interface Copy {
        void through(NativeMemory stage, Pointer device, int bytes);
    }

    private void staged(long offset, int length, Copy copy) {
        if (length == 0) {
            return;
        }
        backend.enter();
        NativeMemory stage = new NativeMemory(Math.min(length, STAGE));
        try {
            for (int done = 0; done < length; done += STAGE) {
                Pointer device = NativeMemory.at(address() + offset + done);
                copy.through(stage, device, Math.min(length - done, STAGE));
            }
        } finally {
            stage.free();
        }
    }

    private void copy(Pointer to, Pointer from, long bytes, int direction) {
        Status.cuda(
                cudaMemcpyAsync(to, from, bytes, direction, backend.stream()),
                "cudaMemcpyAsync",
                bytes + " bytes");
        backend.synchronize();
    }

    @Override
    protected void free() {
        backend.enter();
        release(block);
    }

    /** Where the device is lost, so is its memory, and there is nothing to be done about it. */
    private static void release(Pointer block) {
        if (cudaFree(block) != cudaSuccess) {
            cudaGetLastError();
        }
    }
}

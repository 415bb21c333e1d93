package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cublas.CUBLAS_STATUS_SUCCESS;
import static org.bytedeco.cuda.global.cudart.cudaErrorMemoryAllocation;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorName;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaMemGetInfo;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;
import static org.bytedeco.cuda.global.cudnn.CUDNN_STATUS_SUCCESS;
import static org.bytedeco.cuda.global.cudnn.cudnnGetErrorString;
import static org.bytedeco.cuda.global.cudnn.cudnnGetLastErrorString;

import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.SizeTPointer;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.OutOfMemoryException;

/** Turns the libraries' statuses into exceptions. */
final class Status {
    /** The thousands of CUDNN_STATUS_NOT_SUPPORTED and of all that say it more precisely. */
    private static final int NOT_SUPPORTED = 3;

    private Status() {}

    /**
     * Of the runtime.
     *
     * @param subject what the call was about
     */
    static void cuda(int status, String call, Object subject) {
        if (status != cudaSuccess) {
            // Reading it forgets it, unless the device is lost.
            cudaGetLastError();
            throw new BackendException("%s: %s for %s".formatted(call, text(status), subject));
        }
    }

    /** A status of the runtime in words. */
    static String text(int status) {
        return "%s (%d, %s)"
                .formatted(
                        cudaGetErrorName(status).getString(),
                        status,
                        cudaGetErrorString(status).getString());
    }

    /**
     * Of an allocation.
     *
     * @throws OutOfMemoryException if there is not that much
     */
    static void allocated(int status, long bytes) {
        if (status == cudaErrorMemoryAllocation) {
            cudaGetLastError();
            throw new OutOfMemoryException(
                    "%s were asked for, %s".formatted(FreeMemory.megabytes(bytes), freeMemory()));
        }
        cuda(status, "cudaMalloc", bytes + " bytes");
    }

    /** What the device has left. */
    static FreeMemory freeMemory() {
        try (SizeTPointer free = new SizeTPointer(1);
                SizeTPointer total = new SizeTPointer(1)) {
            cuda(cudaMemGetInfo(free, total), "cudaMemGetInfo", "the device");
            return FreeMemory.of("memory of the device", total.get(), free.get());
        }
    }

    /** Of cuDNN. */
    static void cudnn(int status, String call, Object subject) {
        if (status != CUDNN_STATUS_SUCCESS) {
            byte[] words = new byte[1024];
            cudnnGetLastErrorString(words, words.length);
            String text = new String(words, StandardCharsets.UTF_8);
            int end = text.indexOf('\0');
            String message =
                    "%s: %s (%s) for %s"
                            .formatted(
                                    call,
                                    cudnnGetErrorString(status).getString(),
                                    text.substring(0, Math.max(end, 0)).strip(),
                                    subject);
            throw status / 1000 == NOT_SUPPORTED
                    ? new UnsupportedException(message)
                    : new BackendException(message);
        }
    }

    /** Of cuBLAS. */
    static void cublas(int status, String call, Object subject) {
        if (status != CUBLAS_STATUS_SUCCESS) {
            throw new BackendException(
                    "%s: cuBLAS status %d for %s".formatted(call, status, subject));
        }
    }
}

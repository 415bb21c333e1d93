package org.naturalinversion.backend.cpu;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.naturalinversion.backend.jni.KernelLibrary;
import org.naturalinversion.backend.jni.NativeLibraries;

/**
 * The kernels compiled for the processor: {@code ni_kernels.h} and {@code ni_host.h} as libni_host
 * exports them, word for word.
 */
@Platform(
        include = {"ni_kernels.h", "ni_host.h"},
        link = "ni_host")
@NoException
final class HostLibrary {
    static {
        // First oneDNN, then ours: both then share the OpenMP runtime that comes with oneDNN, and
        // its threads.
        NativeLibraries.load(List.of(dnnl.class, HostLibrary.class));
    }

    private HostLibrary() {}

    static native int ni_kernel_count();

    static native String ni_kernel_name(int kernel);

    static native String ni_kernel_signature(int kernel);

    static native int ni_kernel_call(
            int kernel, Pointer stream, @Cast("const uint64_t*") LongPointer arguments);

    static native String ni_status_text(int status);

    static native String ni_variant();

    static native int ni_set_threads(int threads);

    static native int ni_reduction_parts();

    static native int ni_execute_each(int count, @Cast("const uint64_t*") LongPointer primitives);

    /** The same as a backend knows it. */
    static final class Table implements KernelLibrary {
        @Override
        public int count() {
            return ni_kernel_count();
        }

        @Override
        public String name(int kernel) {
            return ni_kernel_name(kernel);
        }

        @Override
        public String signature(int kernel) {
            return ni_kernel_signature(kernel);
        }

        @Override
        public int call(int kernel, LongPointer arguments) {
            return ni_kernel_call(kernel, null, arguments);
        }

        @Override
        public String statusText(int status) {
            return ni_status_text(status);
        }

        @Override
        public int reductionParts() {
            return ni_reduction_parts();
        }
    }
}

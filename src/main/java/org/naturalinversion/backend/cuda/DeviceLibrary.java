package org.naturalinversion.backend.cuda;

import java.util.List;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.naturalinversion.backend.jni.KernelLibrary;
import org.naturalinversion.backend.jni.NativeLibraries;

/**
 * The kernels compiled for the device: {@code ni_kernels.h} as libni_cuda exports it, word for
 * word.
 */
@Platform(include = "ni_kernels.h", link = "ni_cuda")
@NoException
final class DeviceLibrary {
    static {
        // A library of the same name that is there already serves instead: the linker goes by
        // names.
        String other = System.getProperty("ni.cuda.kernels");
        if (other != null) {
            System.load(other);
        }
        NativeLibraries.load(List.of(DeviceLibrary.class));
    }

    private DeviceLibrary() {}

    static native int ni_kernel_count();

    static native String ni_kernel_name(int kernel);

    static native String ni_kernel_signature(int kernel);

    static native int ni_kernel_call(
            int kernel, Pointer stream, @Cast("const uint64_t*") LongPointer arguments);

    static native String ni_status_text(int status);

    static native String ni_variant();

    static native int ni_reduction_parts();

    /**
     * The same as a backend knows it.
     *
     * @param stream where the kernels run
     */
    record Table(Pointer stream) implements KernelLibrary {
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
            return ni_kernel_call(kernel, stream, arguments);
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

/* abi: the part of ni_kernels.h that is the same in every library: asking the table. */
#include "ni_kernels.h"
#include "table.h"

static bool exists(int kernel) { return kernel >= 0 && kernel < ni::table().count; }

int ni_kernel_count() { return ni::table().count; }

const char* ni_kernel_name(int kernel) { return exists(kernel) ? ni::table().kernels[kernel].name : nullptr; }

const char* ni_kernel_signature(int kernel) { return exists(kernel) ? ni::table().kernels[kernel].signature : nullptr; }

int ni_kernel_call(int kernel, ni_stream stream, const uint64_t* arguments) {
    if (exists(kernel)) {
        return ni::table().kernels[kernel].call(stream, arguments);
    }
    return ni::table().count == 0 ? NI_NO_KERNELS : NI_NO_SUCH_KERNEL;
}

const char* ni_variant() { return ni::table().variant; }

int ni_reduction_parts() { return ni::table().reduction_parts; }

const char* ni_status_text(int status) {
    switch (status) {
        case NI_OK:
            return "done";
        case NI_NO_SUCH_KERNEL:
            return "no kernel has this number";
        case NI_BAD_DTYPE:
            return "the kernel does not take this element type";
        case NI_BAD_ARGUMENT:
            return "an argument is outside the kernel's contract";
        default:
            return ni::library_status_text(status);
    }
}

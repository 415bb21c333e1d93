/* ni_kernels: every kernel of the project behind one flat C ABI.
 *
 * libni_host holds the kernels compiled for the processor, libni_cuda the same kernels compiled for the device; both
 * export exactly these functions. There is no state between calls: what a kernel needs, it is given, and all memory
 * belongs to the caller. Any thread may call.
 */
#ifndef NI_KERNELS_H
#define NI_KERNELS_H

#include <stdint.h>

#define NI_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* Where a kernel runs: a cudaStream_t on a device, ignored on the host. */
typedef void* ni_stream;

/* Element types, as DType.code() numbers them. */
enum { NI_F32 = 0, NI_BF16 = 1 };

/* Status of a call. Positive values are the device runtime's own error codes. */
enum { NI_OK = 0, NI_NO_KERNELS = -1, NI_NO_SUCH_KERNEL = -2, NI_BAD_DTYPE = -3, NI_BAD_ARGUMENT = -4 };

/* Kernels are numbered from 0; the numbers may differ between libraries, the names do not. */
NI_API int ni_kernel_count(void);
NI_API const char* ni_kernel_name(int kernel);

/* One letter for each argument after the stream: r pointer that is read, w pointer that is written and perhaps read,
 * i integer, f floating point. Null when there is no such kernel, as for the name. */
NI_API const char* ni_kernel_signature(int kernel);

/* Runs a kernel, on a device without waiting for it. Each argument is one 64-bit word, as the signature says: an
 * address, an int64, or the bits of a double. */
NI_API int ni_kernel_call(int kernel, ni_stream stream, const uint64_t* arguments);

/* What a status means, in words; never null. */
NI_API const char* ni_status_text(int status);

/* How the kernels were compiled: "v2", "v3", "v4" (x86-64 levels), "v4bf16" (with the instructions for bf16),
 * "generic" or "cuda". There are none in a "stub", which stands where no device compiler was found, and "none" where
 * NI_ISA in the environment asks for a variant that cannot run; the text of NI_NO_KERNELS then says which. */
NI_API const char* ni_variant(void);

/* Sets how many processor threads serve the kernels that the calling thread runs, if positive; returns how many do,
 * which is 0 on a device. */
NI_API int ni_set_threads(int threads);

/* How many partial results a reduction leaves in its scratch memory: a constant of the library, so that a result does
 * not depend on the number of threads. */
NI_API int ni_reduction_parts(void);

#ifdef __cplusplus
}
#endif

#endif

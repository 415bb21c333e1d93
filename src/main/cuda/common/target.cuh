/* target: the words that differ between the two compilers.
 *
 * NI_FN marks a function that kernels call, NI_LAMBDA a lambda that a launch policy runs: [=] NI_LAMBDA(int64_t i) {}.
 * NI_ISA, given by the build, names the variant being compiled, and everything a kernel is made of lives in the
 * namespace of that name: copies of one kernel for several instruction sets must never be taken for each other.
 */
#pragma once

#define NI_ISA_NAMESPACE ni::NI_ISA

#ifdef __CUDACC__
#define NI_FN __host__ __device__ __forceinline__
#define NI_LAMBDA __device__
#else
#define NI_FN inline __attribute__((always_inline))
#define NI_LAMBDA
#endif

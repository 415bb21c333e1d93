/* launch: how a functor is run over many elements, and the one place that knows host from device.
 *
 * each(stream, n, f): f(i) for every i in [0, n), in any order and at the same time.
 * reduction_parts: how many partial results a reduction makes, whatever the number of threads.
 */
#pragma once

#include <cstdint>

#include "ni_kernels.h"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

#ifdef __CUDACC__

constexpr int reduction_parts = 256;
constexpr int block_size = 256;
constexpr int64_t max_blocks = 4096;  // enough to fill any device; the rest is looped over

template <class F>
__global__ void __launch_bounds__(block_size) each_in_grid(int64_t n, F f) {
    const int64_t step = static_cast<int64_t>(gridDim.x) * block_size;
    for (int64_t i = static_cast<int64_t>(blockIdx.x) * block_size + threadIdx.x; i < n; i += step) {
        f(i);
    }
}

template <class F>
int each(ni_stream stream, int64_t n, F f) {
    if (n <= 0) {
        return NI_OK;
    }
    const int64_t blocks = (n + block_size - 1) / block_size;
    const unsigned grid = static_cast<unsigned>(blocks < max_blocks ? blocks : max_blocks);
    each_in_grid<<<grid, block_size, 0, static_cast<cudaStream_t>(stream)>>>(n, f);
    return cudaGetLastError();
}

#else

constexpr int reduction_parts = 64;

template <class F>
int each(ni_stream, int64_t n, F f) {
#pragma omp parallel for simd schedule(static)
    for (int64_t i = 0; i < n; i++) {
        f(i);
    }
    return NI_OK;
}

#endif

}  // namespace NI_ISA_NAMESPACE

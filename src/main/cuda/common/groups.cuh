/* groups: sums over the rows of each of many groups of rows, channel by channel.
 *
 * sum_groups(stream, groups, rows, c, f, finish): for every group g and channel k, the sum of f(g, r, k) over its rows
 * r, in a fixed order, is given to finish(g, k, sum). f may also write what belongs to its element.
 */
#pragma once

#include <cstdint>

#include "launch.cuh"
#include "ni_kernels.h"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

#ifdef __CUDACC__

namespace groups {

constexpr int threads = 256;

/* A block for each group and tile of channels; `tile` is a power of two, and threads / tile rows are summed abreast. */
template <class F, class Finish>
__global__ void __launch_bounds__(threads) run(int64_t rows, int64_t c, int tile, F f, Finish finish) {
    __shared__ float sums[threads];
    const int64_t group = blockIdx.x;
    const int64_t k = static_cast<int64_t>(blockIdx.y) * tile + threadIdx.x % tile;
    float sum = 0;
    if (k < c) {
        for (int64_t r = threadIdx.x / tile; r < rows; r += threads / tile) {
            sum += f(group, r, k);
        }
    }
    sums[threadIdx.x] = sum;
    for (int half = threads / 2; half >= tile; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
            sums[threadIdx.x] += sums[threadIdx.x + half];
        }
    }
    if (threadIdx.x < tile && k < c) {
        finish(group, k, sums[threadIdx.x]);
    }
}

}  // namespace groups

template <class F, class Finish>
int sum_groups(ni_stream stream, int64_t groups, int64_t rows, int64_t c, F f, Finish finish) {
    if (groups <= 0 || c <= 0) {
        return NI_OK;
    }
    int tile = 1;
    while (tile < c && tile < 32) {
        tile *= 2;
    }
    const dim3 grid(static_cast<unsigned>(groups), static_cast<unsigned>((c + tile - 1) / tile));
    groups::run<<<grid, groups::threads, 0, static_cast<cudaStream_t>(stream)>>>(rows, c, tile, f, finish);
    return cudaGetLastError();
}

#else

template <class F, class Finish>
int sum_groups(ni_stream, int64_t groups, int64_t rows, int64_t c, F f, Finish finish) {
    constexpr int64_t tile = 64;    // channels whose sums fit the nearest cache
    constexpr int64_t chunk = 256;  // rows summed by themselves, so that long sums keep their digits
#pragma omp parallel for collapse(2) schedule(static) \
    firstprivate(f, finish) if (groups * rows * c >= parallel_elements)
    for (int64_t group = 0; group < groups; group++) {
        for (int64_t begin = 0; begin < c; begin += tile) {
            const int channels = static_cast<int>(c - begin < tile ? c - begin : tile);
            float sums[tile] = {};
            for (int64_t row = 0; row < rows; row += chunk) {
                float parts[tile] = {};
                for (int64_t r = row; r < rows && r < row + chunk; r++) {
#pragma omp simd
                    for (int k = 0; k < channels; k++) {
                        parts[k] += f(group, r, begin + k);
                    }
                }
#pragma omp simd
                for (int k = 0; k < channels; k++) {
                    sums[k] += parts[k];
                }
            }
#pragma omp simd
            for (int k = 0; k < channels; k++) {
                finish(group, begin + k, sums[k]);
            }
        }
    }
    return NI_OK;
}

#endif

}  // namespace NI_ISA_NAMESPACE

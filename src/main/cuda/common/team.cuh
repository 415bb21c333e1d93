/* team: a launch policy for few and short reductions whose results are needed at once.
 *
 * each_team(stream, rows, width, f): f(row, team) for every row. What f does outside of the team's own functions, it
 * does as one; width, about how many elements a row has, only decides how large a team is.
 *     team.sum(n, g)    g(0) + ... + g(n - 1)
 *     team.max(n, g)    the largest of them; -infinity if there is none
 *     team.each(n, g)   g(j) for every j, in any order and at the same time
 *     team.first()      true for one member, the one to write results
 * Functions that take a team are marked NI_TEAM_FN.
 */
#pragma once

#include <cstdint>

#include "launch.cuh"
#include "ni_kernels.h"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

#ifdef __CUDACC__

#define NI_TEAM_FN __device__ __forceinline__

/* The threads of a block: one warp, or up to 32 of them. */
struct Team {
    template <class G>
    __device__ float sum(int64_t n, G g) const {
        float mine = 0;
        for (int64_t j = threadIdx.x; j < n; j += blockDim.x) {
            mine += g(j);
        }
        return together(mine, 0.0f, [](float a, float b) { return a + b; });
    }

    template <class G>
    __device__ float max(int64_t n, G g) const {
        float mine = -INFINITY;
        for (int64_t j = threadIdx.x; j < n; j += blockDim.x) {
            mine = fmaxf(mine, g(j));
        }
        return together(mine, -INFINITY, [](float a, float b) { return fmaxf(a, b); });
    }

    template <class G>
    __device__ void each(int64_t n, G g) const {
        for (int64_t j = threadIdx.x; j < n; j += blockDim.x) {
            g(j);
        }
    }

    __device__ bool first() const { return threadIdx.x == 0; }

  private:
    /* All threads' values joined, in the same order for every one of them. */
    template <class Join>
    __device__ float together(float mine, float none, Join join) const {
        __shared__ float warps[32];
        for (int step = 16; step > 0; step /= 2) {
            mine = join(mine, __shfl_xor_sync(0xffffffffu, mine, step));
        }
        if (blockDim.x > 32) {
            __syncthreads();  // the values of the reduction before have been read
            if (threadIdx.x % 32 == 0) {
                warps[threadIdx.x / 32] = mine;
            }
            __syncthreads();
            mine = threadIdx.x % 32 < blockDim.x / 32 ? warps[threadIdx.x % 32] : none;
            for (int step = 16; step > 0; step /= 2) {
                mine = join(mine, __shfl_xor_sync(0xffffffffu, mine, step));
            }
        }
        return mine;
    }
};

template <class F>
__global__ void __launch_bounds__(256) each_team_in_grid(int64_t rows, F f) {
    for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
        f(row, Team{});
    }
}

template <class F>
int each_team(ni_stream stream, int64_t rows, int64_t width, F f) {
    if (rows <= 0) {
        return NI_OK;
    }
    const unsigned grid = static_cast<unsigned>(rows < 65535 ? rows : 65535);
    each_team_in_grid<<<grid, width <= 64 ? 32 : 256, 0, static_cast<cudaStream_t>(stream)>>>(rows, f);
    return cudaGetLastError();
}

#else

#define NI_TEAM_FN NI_FN

/* One thread, whose vector lanes share the work. */
struct Team {
    template <class G>
    NI_FN float sum(int64_t n, G g) const {
        float total = 0;
#pragma omp simd reduction(+ : total)
        for (int64_t j = 0; j < n; j++) {
            total += g(j);
        }
        return total;
    }

    template <class G>
    NI_FN float max(int64_t n, G g) const {
        float top = -__builtin_inff();
#pragma omp simd reduction(max : top)
        for (int64_t j = 0; j < n; j++) {
            const float value = g(j);
            top = value > top ? value : top;
        }
        return top;
    }

    template <class G>
    NI_FN void each(int64_t n, G g) const {
#pragma omp simd
        for (int64_t j = 0; j < n; j++) {
            g(j);
        }
    }

    NI_FN bool first() const { return true; }
};

template <class F>
int each_team(ni_stream, int64_t rows, int64_t width, F f) {
#pragma omp parallel for schedule(static) firstprivate(f) if (rows > 1 && rows * width >= parallel_elements)
    for (int64_t row = 0; row < rows; row++) {
        f(row, Team{});
    }
    return NI_OK;
}

#endif

}  // namespace NI_ISA_NAMESPACE

/* launch_device: the policies of launch.cuh as grids.
 *
 * Loops over channels or within rows run on a block that is as wide as a row of the tensor where that fits and holds
 * as many rows as fit: neighbouring threads then read neighbouring memory whatever the number of channels, and each
 * thread stays with its channels. Functors that take Lanes get them where c is a multiple of them.
 */
#pragma once

#include <cuda_runtime_api.h>

namespace NI_ISA_NAMESPACE {

constexpr int reduction_parts = 256;
constexpr int block_size = 256;
constexpr int64_t max_blocks = 2048;   // enough to fill any device; the rest is looped over
constexpr int64_t rows_in_thread = 4;  // that a thread of a reduction has at least

// ---- each ----------------------------------------------------------------------------------------------------------

template <class G>
__device__ void each_of_thread(int64_t n, const G& g) {
    const int64_t thread = static_cast<int64_t>(blockIdx.x) * block_size + threadIdx.x;
    const int64_t threads = static_cast<int64_t>(gridDim.x) * block_size;
    if constexpr (takes<G, Lanes>) {
        const int64_t whole = n / lanes;
        for (int64_t i = thread; i < whole; i += threads) {
            g(Lanes{i * lanes});
        }
        if (whole * lanes + thread < n) {
            g(whole * lanes + thread);
        }
    } else {
        for (int64_t i = thread; i < n; i += threads) {
            g(i);
        }
    }
}

template <class F>
__global__ void __launch_bounds__(block_size) each_in_grid(int64_t n, F f) {
    if constexpr (takes<F>) {
        each_of_thread(n, f());
    } else {
        each_of_thread(n, f);
    }
}

template <class F>
int each(ni_stream stream, int64_t n, F f, int64_t = 1) {
    if (n <= 0) {
        return NI_OK;
    }
    const int64_t blocks = (n + block_size - 1) / block_size;
    const unsigned grid = static_cast<unsigned>(blocks < max_blocks ? blocks : max_blocks);
    each_in_grid<<<grid, block_size, 0, static_cast<cudaStream_t>(stream)>>>(n, f);
    return cudaGetLastError();
}

inline int copy_bytes(ni_stream stream, const void* x, void* y, int64_t bytes) {
    return cudaMemcpyAsync(y, x, bytes, cudaMemcpyDeviceToDevice, static_cast<cudaStream_t>(stream));
}

inline int clear_bytes(ni_stream stream, void* y, int64_t bytes) {
    return cudaMemsetAsync(y, 0, bytes, static_cast<cudaStream_t>(stream));
}

// ---- rows and channels ---------------------------------------------------------------------------------------------

/* How a grid lies on [rows, c]: `across` blocks beside each other and `down` below, each of `columns` threads beside
 * each other and `height` below, each with `width` channels of every row that it comes by. Blocks or threads that are
 * left over have none. */
struct Tiling {
    int64_t rows;
    int64_t c;
    int width;
    int columns;
    int height;
    int across;
    int down;

    NI_FN Tiling(int64_t all_rows, int64_t channels, int channels_of_thread, unsigned blocks)
        : rows(all_rows), c(channels), width(channels_of_thread) {
        const int all_columns = static_cast<int>(c / width);
        columns = all_columns < block_size ? all_columns : block_size;
        height = block_size / columns;
        across = (all_columns + columns - 1) / columns;
        down = static_cast<int>(blocks) / across;
    }

    __device__ int row_of_thread() const { return static_cast<int>(threadIdx.x) / columns; }
    __device__ int part() const { return static_cast<int>(blockIdx.x) / across; }
    __device__ int64_t channel() const {
        const int column = static_cast<int>(blockIdx.x) % across * columns + static_cast<int>(threadIdx.x) % columns;
        return static_cast<int64_t>(column) * width;
    }
    __device__ int64_t first_row() const {
        const bool idle = row_of_thread() >= height || part() >= down || channel() >= c;
        return idle ? rows : static_cast<int64_t>(part()) * height + row_of_thread();
    }
    __device__ int64_t row_step() const { return static_cast<int64_t>(down) * height; }
};

/* Enough blocks for a grid on [rows, c] whatever the width, but at least one for every column. */
inline unsigned blocks_on(int64_t rows, int64_t c) {
    const int64_t least = (c + block_size - 1) / block_size;
    const int64_t wanted = (rows * c + block_size - 1) / block_size;
    const int64_t most = max_blocks < least ? least : max_blocks;
    return static_cast<unsigned>(wanted < most ? wanted : most);
}

template <class F>
__global__ void __launch_bounds__(block_size) each_row_in_grid(int64_t rows, int64_t c, F f) {
    constexpr bool takes_lanes = takes<decltype(f(rows)), Lanes>;
    const Tiling tiling(rows, c, takes_lanes && c % lanes == 0 ? lanes : 1, gridDim.x);
    const int64_t j = tiling.channel();
    for (int64_t row = tiling.first_row(); row < rows; row += tiling.row_step()) {
        const auto g = f(row);
        if constexpr (takes_lanes) {
            if (tiling.width == lanes) {
                g(Lanes{j});
                continue;
            }
        }
        g(j);
    }
}

template <class F>
int each_row(ni_stream stream, int64_t rows, int64_t c, F f) {
    if (rows <= 0 || c <= 0) {
        return NI_OK;
    }
    each_row_in_grid<<<blocks_on(rows, c), block_size, 0, static_cast<cudaStream_t>(stream)>>>(rows, c, f);
    return cudaGetLastError();
}

template <class I, class G>
__device__ void each_of_channel(const Tiling& tiling, const G& g) {
    const int64_t ch = tiling.channel();
    const int64_t step = tiling.row_step();
    for (int64_t row = tiling.first_row(); row < tiling.rows; row += step) {
        g(I{row * tiling.c + ch});
    }
}

template <class I, class C, class F>
__device__ void each_channel_of(const Tiling& tiling, C ch, const F& f) {
    if constexpr (takes<F, I, C>) {
        each_of_channel<I>(tiling, [&](I i) { f(i, ch); });
    } else {
        each_of_channel<I>(tiling, f(ch));
    }
}

template <class F>
__global__ void __launch_bounds__(block_size) each_channel_in_grid(int64_t rows, int64_t c, F f) {
    constexpr bool takes_lanes = takes<F, Lanes, Channels> || takes<F, Channels>;
    const Tiling tiling(rows, c, takes_lanes && c % lanes == 0 ? lanes : 1, gridDim.x);
    const int64_t ch = tiling.channel();
    if (tiling.first_row() >= rows) {
        return;
    }
    if constexpr (takes_lanes) {
        if (tiling.width == lanes) {
            each_channel_of<Lanes>(tiling, Channels{ch, c}, f);
            return;
        }
    }
    each_channel_of<int64_t>(tiling, ch, f);
}

template <class F>
int each_channel(ni_stream stream, int64_t rows, int64_t c, F f) {
    if (rows <= 0 || c <= 0) {
        return NI_OK;
    }
    each_channel_in_grid<<<blocks_on(rows, c), block_size, 0, static_cast<cudaStream_t>(stream)>>>(rows, c, f);
    return cudaGetLastError();
}

// ---- reductions ----------------------------------------------------------------------------------------------------

NI_FN float lane_of(float value, int) { return value; }
NI_FN float lane_of(const Floats& value, int lane) { return value[lane]; }

/* Adds up what the threads of a block hold, for threads that are `stride` apart: what thread t < stride returns for
 * lane l is the sum of lane l over threads t, t + stride, .. In halves, so the order follows from the sizes alone. */
template <int width, class V>
__device__ void add_in_block(int rows, int stride, V& value) {
    __shared__ float shared[width][block_size];
    const int thread = static_cast<int>(threadIdx.x);
    __syncthreads();
    for (int l = 0; l < width; l++) {
        shared[l][thread] = lane_of(value, l);
    }
    __syncthreads();
    for (int left = rows; left > 1;) {
        const int half = (left + 1) / 2;
        if (thread < (left - half) * stride) {
            for (int l = 0; l < width; l++) {
                shared[l][thread] += shared[l][thread + half * stride];
            }
        }
        left = half;
        __syncthreads();
    }
    if constexpr (width == 1) {
        value = shared[0][thread];
    } else {
        for (int l = 0; l < width; l++) {
            value[l] = shared[l][thread];
        }
    }
}

/* The part of a reduction that a block makes, into partials [down][K][c]. */
template <int K, class V, class I, class C, class F>
__device__ void reduce_part(const Tiling& tiling, float* partials, C ch, const F& f) {
    constexpr int width = sizeof(V) / sizeof(float);
    const int64_t first = tiling.channel();
    V sums[K] = {};
    if (tiling.first_row() < tiling.rows) {
        if constexpr (takes<F, I, C, V(&)[K]>) {
            each_of_channel<I>(tiling, [&](I i) { f(i, ch, sums); });
        } else {
            const auto g = f(ch);
            each_of_channel<I>(tiling, [&](I i) { g(i, sums); });
        }
    }
    for (int s = 0; s < K; s++) {
        add_in_block<width>(tiling.height, tiling.columns, sums[s]);
        if (static_cast<int>(threadIdx.x) < tiling.columns && first < tiling.c) {
            float* partial = partials + (static_cast<int64_t>(tiling.part()) * K + s) * tiling.c + first;
            for (int l = 0; l < width; l++) {
                partial[l] = lane_of(sums[s], l);
            }
        }
    }
}

template <int K, class F>
__global__ void __launch_bounds__(block_size) reduce_channels_in_grid(const Tiling tiling, float* partials, F f) {
    if (tiling.width == lanes) {
        reduce_part<K, Floats, Lanes>(tiling, partials, Channels{tiling.channel(), tiling.c}, f);
    } else {
        reduce_part<K, float, int64_t>(tiling, partials, tiling.channel(), f);
    }
}

/* A block adds up the parts of `columns` channels: every thread some of them, then all threads of a channel. */
template <int K, class Finish>
__global__ void __launch_bounds__(block_size)
    finish_in_grid(int parts, int64_t c, int columns, const float* partials, Finish finish) {
    __shared__ double shared[K][block_size];
    const int thread = static_cast<int>(threadIdx.x);
    const int rows = block_size / columns;
    const int64_t ch = static_cast<int64_t>(blockIdx.x) * columns + thread % columns;
    const bool has_channel = thread < rows * columns && ch < c;
    for (int s = 0; s < K; s++) {
        double total = 0;
        for (int part = thread / columns; has_channel && part < parts; part += rows) {
            total += partials[(static_cast<int64_t>(part) * K + s) * c + ch];
        }
        shared[s][thread] = total;
    }
    __syncthreads();
    if (thread < columns && has_channel) {
        double totals[K];
        for (int s = 0; s < K; s++) {
            totals[s] = 0;
            for (int row = 0; row < rows; row++) {
                totals[s] += shared[s][row * columns + thread];
            }
        }
        finish(ch, totals);
    }
}

template <int K, class Finish>
int finish_parts(ni_stream stream, unsigned parts, int64_t c, const float* partials, Finish finish) {
    const int columns = c < 32 ? static_cast<int>(c) : 32;
    const unsigned blocks = static_cast<unsigned>((c + columns - 1) / columns);
    finish_in_grid<K><<<blocks, block_size, 0, static_cast<cudaStream_t>(stream)>>>(static_cast<int>(parts), c, columns,
                                                                                    partials, finish);
    return cudaGetLastError();
}

template <int K, class F, class Finish>
int reduce_channels(ni_stream stream, int64_t rows, int64_t c, float* partials, F f, Finish finish) {
    if (c <= 0) {
        return NI_OK;
    }
    const int width = c % lanes == 0 ? lanes : 1;
    const Tiling one(rows, c, width, 1);
    const int64_t wanted = (rows + one.height * rows_in_thread - 1) / (one.height * rows_in_thread);
    const int64_t down = wanted < reduction_parts ? wanted : reduction_parts;
    const unsigned blocks = static_cast<unsigned>(down) * static_cast<unsigned>(one.across);
    if (blocks > 0) {
        const Tiling tiling(rows, c, width, blocks);
        reduce_channels_in_grid<K><<<blocks, block_size, 0, static_cast<cudaStream_t>(stream)>>>(tiling, partials, f);
    }
    return finish_parts<K>(stream, static_cast<unsigned>(down), c, partials, finish);
}

/* As for channels, with but one of them. */
template <int K, class G>
__device__ void reduce_elements(int64_t n, float* partials, const G& g) {
    const int64_t thread = static_cast<int64_t>(blockIdx.x) * block_size + threadIdx.x;
    const int64_t threads = static_cast<int64_t>(gridDim.x) * block_size;
    float sums[K] = {};
    int64_t done = 0;
    if constexpr (takes<G, Lanes, Floats(&)[K]>) {
        Floats wide[K] = {};
        for (int64_t i = thread; i < n / lanes; i += threads) {
            g(Lanes{i * lanes}, wide);
        }
        for (int s = 0; s < K; s++) {
            for (int l = 0; l < lanes; l++) {
                sums[s] += wide[s][l];
            }
        }
        done = n / lanes * lanes;
    }
    for (int64_t i = done + thread; i < n; i += threads) {
        g(i, sums);
    }
    for (int s = 0; s < K; s++) {
        add_in_block<1>(block_size, 1, sums[s]);
        if (threadIdx.x == 0) {
            partials[blockIdx.x * K + s] = sums[s];
        }
    }
}

template <int K, class F>
__global__ void __launch_bounds__(block_size) reduce_all_in_grid(int64_t n, float* partials, F f) {
    if constexpr (takes<F>) {
        reduce_elements<K>(n, partials, f());
    } else {
        reduce_elements<K>(n, partials, f);
    }
}

/* What is given to finish once all parts are there. */
template <class Finish>
struct FinishAll {
    Finish finish;

    __device__ void operator()(int64_t, const double* totals) const { finish(totals); }
};

template <int K, class F, class Finish>
int reduce_all(ni_stream stream, int64_t n, float* partials, F f, Finish finish) {
    const int64_t blocks = (n + block_size * rows_in_thread - 1) / (block_size * rows_in_thread);
    const unsigned grid = static_cast<unsigned>(blocks < 1 ? 1 : blocks < reduction_parts ? blocks : reduction_parts);
    reduce_all_in_grid<K><<<grid, block_size, 0, static_cast<cudaStream_t>(stream)>>>(n, partials, f);
    return finish_parts<K>(stream, grid, 1, partials, FinishAll<Finish>{finish});
}

template <int K, class F>
__global__ void __launch_bounds__(block_size) reduce_rows_in_grid(const Tiling tiling, float* partials, F f) {
    float sums[K] = {};
    const int64_t j = tiling.channel();
    for (int64_t row = tiling.first_row(); row < tiling.rows; row += tiling.row_step()) {
        f(row)(j, sums);
    }
    for (int s = 0; s < K; s++) {
        add_in_block<1>(block_size, 1, sums[s]);
        if (threadIdx.x == 0) {
            partials[blockIdx.x * K + s] = sums[s];
        }
    }
}

template <int K, class F, class Finish>
int reduce_rows(ni_stream stream, int64_t rows, int64_t c, float* partials, F f, Finish finish) {
    unsigned blocks = 0;
    if (rows > 0 && c > 0) {
        const Tiling one(rows, c, 1, 1);
        if (one.across > reduction_parts) {
            return NI_BAD_ARGUMENT;
        }
        const int64_t wanted = (rows + one.height * rows_in_thread - 1) / (one.height * rows_in_thread);
        const int64_t most = reduction_parts / one.across;
        blocks = static_cast<unsigned>((wanted < most ? wanted : most) * one.across);
        const Tiling tiling(rows, c, 1, blocks);
        reduce_rows_in_grid<K><<<blocks, block_size, 0, static_cast<cudaStream_t>(stream)>>>(tiling, partials, f);
    }
    return finish_parts<K>(stream, blocks, 1, partials, FinishAll<Finish>{finish});
}

}  // namespace NI_ISA_NAMESPACE

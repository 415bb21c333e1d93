/* launch_host: the policies of launch.cuh as vectorised OpenMP loops.
 *
 * Loops over channels go over wide rows: as many rows of c put together as make their length a multiple of the tile,
 * which is four vectors. So any number of channels runs at full speed, except in the last few rows.
 */
#pragma once

#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>
#include <utility>

// Keeps a loop over a few leftovers from being vectorised and unrolled, which would be most of the code.
#define NI_PLAIN_LOOP asm volatile("")

// Inlines whatever is called: a functor too large for the compiler's taste must still not become a call.
#define NI_FLATTEN __attribute__((flatten))

namespace NI_ISA_NAMESPACE {

constexpr int reduction_parts = 64;
constexpr int64_t block_elements = 4096;      // that one thread handles in one go
constexpr int64_t parallel_elements = 32768;  // fewer are not worth waking threads for
constexpr int64_t part_elements = 32768;      // that one part of a reduction has at least
constexpr int64_t row_block = 64;             // rows to be worth the preparation of their channels
constexpr int64_t float_rows = 64;            // that are added up in float32
constexpr int tile_lanes = 4;
constexpr int tile = tile_lanes * lanes;
using TileLanes = std::make_index_sequence<tile_lanes>;

// ---- each ----------------------------------------------------------------------------------------------------------

template <class G>
NI_FLATTEN void each_between(int64_t begin, int64_t end, const G g) {
    int64_t i = begin;
    if constexpr (takes<G, Lanes>) {
#pragma GCC unroll 4
        for (; i + lanes <= end; i += lanes) {
            g(Lanes{i});
        }
        for (; i < end; i++) {
            NI_PLAIN_LOOP;
            g(i);
        }
    } else {
#pragma omp simd
        for (i = begin; i < end; i++) {
            g(i);
        }
    }
}

template <class F>
int each(ni_stream, int64_t n, F f, int64_t cost = 1) {
    const int64_t size = cost < block_elements ? block_elements / cost : 1;
    const int64_t blocks = (n + size - 1) / size;
#pragma omp parallel for schedule(static) if (n * cost >= parallel_elements)
    for (int64_t block = 0; block < blocks; block++) {
        const int64_t begin = block * size;
        const int64_t end = begin + size < n ? begin + size : n;
        if constexpr (takes<F>) {
            each_between(begin, end, f());
        } else {
            each_between(begin, end, f);
        }
    }
    return NI_OK;
}

template <class F>
int each_row(ni_stream stream, int64_t rows, int64_t c, F f) {
    return each(
        stream, rows, [=](int64_t row) { each_between(0, c, f(row)); }, c);
}

/* handle(begin, size) for pieces of memory that together are all of it. */
template <class F>
int each_piece(int64_t bytes, F handle) {
    constexpr int64_t piece = 65536;
    return each(
        nullptr, (bytes + piece - 1) / piece,
        [=](int64_t k) {
            const int64_t begin = k * piece;
            handle(begin, begin + piece < bytes ? piece : bytes - begin);
        },
        piece / 4);
}

inline int copy_bytes(ni_stream, const void* x, void* y, int64_t bytes) {
    const char* from = static_cast<const char*>(x);
    char* into = static_cast<char*>(y);
    return each_piece(bytes, [=](int64_t begin, int64_t size) { std::memcpy(into + begin, from + begin, size); });
}

inline int clear_bytes(ni_stream, void* y, int64_t bytes) {
    char* into = static_cast<char*>(y);
    return each_piece(bytes, [=](int64_t begin, int64_t size) { std::memset(into + begin, 0, size); });
}

// ---- channels ------------------------------------------------------------------------------------------------------

/* [rows, c] as wide rows, and the rows that are left over. */
struct Wide {
    int64_t c;
    int64_t width;
    int64_t rows;
    int64_t rest;  // the first row left over

    Wide(int64_t all_rows, int64_t channels) : c(channels) {
        const int64_t together = tile / std::gcd(c, static_cast<int64_t>(tile));
        width = together * c;
        rows = all_rows / together;
        rest = rows * together;
    }

    Channels channels(int64_t column) const { return {column % c, c}; }
};

/* f(i, ch, ..) as f(ch) returning g(i, ..). */
template <class F, class... S>
constexpr auto by_channel(F f) {
    if constexpr (takes<F, int64_t, int64_t, S...>) {
        return [f](auto ch) { return [f, ch](auto i, S... sums) { f(i, ch, sums...); }; };
    } else {
        return f;
    }
}

template <class F, size_t... k>
NI_FLATTEN void each_in_tile(const Wide wide, int64_t column, int64_t begin, int64_t end, const F f,
                             std::index_sequence<k...>) {
    const std::tuple g{f(wide.channels(column + k * lanes))...};
    for (int64_t i = begin * wide.width + column; i < end * wide.width; i += wide.width) {
        (std::get<k>(g)(Lanes{i + static_cast<int64_t>(k) * lanes}), ...);
    }
}

template <class F>
int each_channel(ni_stream stream, int64_t rows, int64_t c, F f) {
    if constexpr (takes<F, int64_t, int64_t> && !takes<F, Lanes, Channels>) {
        return each(
            stream, rows,
            [=](int64_t row) {
#pragma omp simd
                for (int64_t ch = 0; ch < c; ch++) {
                    f(row * c + ch, ch);
                }
            },
            c);
    } else {
        const auto of_channel = by_channel(f);
        const Wide wide(rows, c);
        const int64_t size = std::max(row_block, block_elements / wide.width);
        const int64_t blocks = (wide.rows + size - 1) / size;
#pragma omp parallel for schedule(static) if (rows * c >= parallel_elements)
        for (int64_t block = 0; block < blocks; block++) {
            const int64_t begin = block * size;
            const int64_t end = begin + size < wide.rows ? begin + size : wide.rows;
            for (int64_t column = 0; column < wide.width; column += tile) {
                each_in_tile(wide, column, begin, end, of_channel, TileLanes());
            }
        }
        if (wide.rest < rows) {
            for (int64_t ch = 0; ch < c; ch++) {
                const auto g = of_channel(ch);
                for (int64_t row = wide.rest; row < rows; row++) {
                    NI_PLAIN_LOOP;
                    g(row * c + ch);
                }
            }
        }
        return NI_OK;
    }
}

// ---- reductions ----------------------------------------------------------------------------------------------------

/* Parts of a reduction: from their sizes alone. */
struct Parts {
    int64_t count;
    int64_t size;

    Parts(int64_t n, int64_t cost) {
        const int64_t wanted = n * cost / part_elements;
        const int64_t most = wanted < 1 ? 1 : wanted < reduction_parts ? wanted : reduction_parts;
        size = (n + most - 1) / most;
        count = size == 0 ? 1 : (n + size - 1) / size;
    }

    int64_t begin(int64_t part) const { return part * size; }
    int64_t end(int64_t part, int64_t n) const { return (part + 1) * size < n ? (part + 1) * size : n; }
};

/* Sums of the lanes of one vector. */
template <int K>
struct LaneSums {
    Floats sums[K];

    void add_to(double (*totals)[tile], int first) const {
        for (int s = 0; s < K; s++) {
            float lane[lanes];
            std::memcpy(lane, &sums[s], sizeof lane);
            for (int l = 0; l < lanes; l++) {
                totals[s][first + l] += lane[l];
            }
        }
    }
};

template <int K, class F, size_t... k>
NI_FLATTEN void reduce_tile(const Wide wide, int64_t column, int64_t begin, int64_t end, const F f,
                            double (&totals)[K][tile], std::index_sequence<k...>) {
    const std::tuple g{f(wide.channels(column + k * lanes))...};
    while (begin < end) {
        const int64_t stop = begin + float_rows < end ? begin + float_rows : end;
        LaneSums<K> of[tile_lanes] = {};
        for (int64_t i = begin * wide.width + column; i < stop * wide.width; i += wide.width) {
            (std::get<k>(g)(Lanes{i + static_cast<int64_t>(k) * lanes}, of[k].sums), ...);
        }
        (of[k].add_to(totals, k * lanes), ...);
        begin = stop;
    }
}

/* Adds the sums of a tile to those of its channels, which may come by more than once. */
template <int K>
void fold_tile(const double (&totals)[K][tile], int64_t column, int64_t c, float* partial) {
    for (int64_t l = 0; l < tile;) {
        const int64_t ch = (column + l) % c;
        const int64_t count = c - ch < tile - l ? c - ch : tile - l;
        for (int s = 0; s < K; s++) {
            for (int64_t j = 0; j < count; j++) {
                partial[s * c + ch + j] += static_cast<float>(totals[s][l + j]);
            }
        }
        l += count;
    }
}

/* Adds up what the parts left in [parts][K][c], for the channels of one tile. */
template <int K, class Finish>
void finish_channels(int64_t parts, int64_t c, const float* partials, int64_t first, Finish finish) {
    const int64_t count = c - first < tile ? c - first : tile;
    double totals[K][tile] = {};
    for (int64_t part = 0; part < parts; part++) {
        for (int s = 0; s < K; s++) {
            const float* partial = partials + (part * K + s) * c + first;
            for (int64_t l = 0; l < count; l++) {
                totals[s][l] += partial[l];
            }
        }
    }
    for (int64_t l = 0; l < count; l++) {
        double of_channel[K];
        for (int s = 0; s < K; s++) {
            of_channel[s] = totals[s][l];
        }
        finish(first + l, of_channel);
    }
}

template <int K, class F, class Finish>
int reduce_channels(ni_stream, int64_t rows, int64_t c, float* partials, F f, Finish finish) {
    const Wide wide(rows, c);
    const Parts parts(wide.rows, std::min(wide.width, part_elements / row_block));
#pragma omp parallel for schedule(static) if (parts.count > 1)
    for (int64_t part = 0; part < parts.count; part++) {
        float* partial = partials + part * K * c;
        for (int64_t i = 0; i < K * c; i++) {
            partial[i] = 0;
        }
        for (int64_t column = 0; column < wide.width; column += tile) {
            double totals[K][tile] = {};
            if constexpr (takes<F, int64_t, int64_t, float(&)[K]>) {
                const auto of_channel = [f](auto ch) { return [f, ch](auto i, auto& sums) { f(i, ch, sums); }; };
                reduce_tile<K>(wide, column, parts.begin(part), parts.end(part, wide.rows), of_channel, totals,
                               TileLanes());
            } else {
                reduce_tile<K>(wide, column, parts.begin(part), parts.end(part, wide.rows), f, totals, TileLanes());
            }
            fold_tile<K>(totals, column, c, partial);
        }
    }
    for (int64_t ch = 0; ch < c && wide.rest < rows; ch++) {
        float sums[K] = {};
        if constexpr (takes<F, int64_t, int64_t, float(&)[K]>) {
            for (int64_t row = wide.rest; row < rows; row++) {
                NI_PLAIN_LOOP;
                f(row * c + ch, ch, sums);
            }
        } else {
            const auto g = f(ch);
            for (int64_t row = wide.rest; row < rows; row++) {
                NI_PLAIN_LOOP;
                g(row * c + ch, sums);
            }
        }
        for (int s = 0; s < K; s++) {
            partials[s * c + ch] += sums[s];
        }
    }
    for (int64_t ch = 0; ch < c; ch += tile) {
        finish_channels<K>(parts.count, c, partials, ch, finish);
    }
    return NI_OK;
}

template <int K, class G>
NI_FLATTEN void reduce_between(int64_t begin, int64_t end, const G g, double (&totals)[K]) {
    while (begin < end) {
        const int64_t stop = begin + float_rows < end ? begin + float_rows : end;
        float sums[K] = {};
        for (int64_t i = begin; i < stop; i++) {
            g(i, sums);
        }
        for (int s = 0; s < K; s++) {
            totals[s] += sums[s];
        }
        begin = stop;
    }
}

template <int K, class F, class Finish>
int reduce_all(ni_stream stream, int64_t n, float* partials, F f, Finish finish) {
    const auto finish_all = [finish](int64_t, const double* totals) { finish(totals); };
    if constexpr (takes<F>) {
        return reduce_all<K>(stream, n, partials, f(), finish);
    } else if constexpr (takes<F, Lanes, Floats(&)[K]>) {
        const auto of_channel = [f](auto) { return f; };
        return reduce_channels<K>(stream, n, 1, partials, of_channel, finish_all);
    } else {
        const Parts parts(n, 1);
#pragma omp parallel for schedule(static) if (parts.count > 1)
        for (int64_t part = 0; part < parts.count; part++) {
            double totals[K] = {};
            reduce_between<K>(parts.begin(part), parts.end(part, n), f, totals);
            for (int s = 0; s < K; s++) {
                partials[part * K + s] = static_cast<float>(totals[s]);
            }
        }
        finish_channels<K>(parts.count, 1, partials, 0, finish_all);
        return NI_OK;
    }
}

template <int K, class F, class Finish>
int reduce_rows(ni_stream, int64_t rows, int64_t c, float* partials, F f, Finish finish) {
    const Parts parts(rows, c);
#pragma omp parallel for schedule(static) if (parts.count > 1)
    for (int64_t part = 0; part < parts.count; part++) {
        double totals[K] = {};
        for (int64_t row = parts.begin(part); row < parts.end(part, rows); row++) {
            const auto g = f(row);
            float sums[K] = {};
#pragma omp simd reduction(+ : sums[:K])
            for (int64_t j = 0; j < c; j++) {
                g(j, sums);
            }
            for (int s = 0; s < K; s++) {
                totals[s] += sums[s];
            }
        }
        for (int s = 0; s < K; s++) {
            partials[part * K + s] = static_cast<float>(totals[s]);
        }
    }
    finish_channels<K>(parts.count, 1, partials, 0, [finish](int64_t, const double* totals) { finish(totals); });
    return NI_OK;
}

}  // namespace NI_ISA_NAMESPACE

/* pixels: launch policies over images.
 *
 * each_pixel(stream, lines, width, c, f): f(line, j, k) for channel k of pixel j of every line, in any order and at the
 * same time. Channels are innermost in memory.
 *
 * gather(stream, n, oh, ow, h, w, c, rule): every pixel (i, j) of n images of oh x ow gathers from a rectangle of
 * pixels of the same image at h x w, channel by channel. The rule is a struct of
 *     State                                    what is known after some pixels
 *     Rectangle rectangle(i, j)                which pixels of the other image; it may be empty
 *     State first()                            what is known before the first
 *     void take(State&, e, y, x, i, j)         takes in pixel (y, x), element e; row by row, from left to right
 *     void finish(const State&, e, i, j)       writes element e of pixel (i, j)
 */
#pragma once

#include <cstdint>

#include "launch.cuh"
#include "ni_kernels.h"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

/* Rows top, top + row_step, ... below bottom; columns likewise. */
struct Rectangle {
    int top, bottom, left, right;
    int row_step, column_step;
};

#ifdef __CUDACC__

/* What is done for element e of a line. */
template <class F>
struct PixelsOfLine {
    const F& f;
    int64_t line;
    int c;

    __device__ void operator()(int64_t e) const { f(line, static_cast<int>(e) / c, static_cast<int>(e) % c); }
};

template <class Rule>
struct Gathered {
    const Rule& rule;
    int64_t source;  // the first row of the image that is gathered from
    int64_t line;
    int i;
    int ow, w, c;

    __device__ void operator()(int64_t e) const {
        const int j = static_cast<int>(e) / c;
        const int k = static_cast<int>(e) % c;
        const Rectangle r = rule.rectangle(i, j);
        typename Rule::State state = rule.first();
        for (int y = r.top; y < r.bottom; y += r.row_step) {
            for (int x = r.left; x < r.right; x += r.column_step) {
                rule.take(state, ((source + y) * w + x) * c + k, y, x, i, j);
            }
        }
        rule.finish(state, line * ow * c + e, i, j);
    }
};

template <class F>
int each_pixel(ni_stream stream, int64_t lines, int64_t width, int64_t c, F f) {
    if (width * c > INT32_MAX) {
        return NI_BAD_ARGUMENT;
    }
    return each_row(stream, lines, width * c, [=] __device__(int64_t line) {
        return PixelsOfLine<F>{f, line, static_cast<int>(c)};
    });
}

template <class Rule>
int gather(ni_stream stream, int64_t n, int64_t oh, int64_t ow, int64_t h, int64_t w, int64_t c, Rule rule) {
    if (ow * c > INT32_MAX) {
        return NI_BAD_ARGUMENT;
    }
    return each_row(stream, n * oh, ow * c, [=] __device__(int64_t line) {
        return Gathered<Rule>{rule,
                              line / oh * h,
                              line,
                              static_cast<int>(line % oh),
                              static_cast<int>(ow),
                              static_cast<int>(w),
                              static_cast<int>(c)};
    });
}

#else

template <class F>
int each_pixel(ni_stream, int64_t lines, int64_t width, int64_t c, F f) {
#pragma omp parallel for schedule(static) firstprivate(f) if (lines * width * c >= parallel_elements)
    for (int64_t line = 0; line < lines; line++) {
        for (int j = 0; j < static_cast<int>(width); j++) {
#pragma omp simd
            for (int k = 0; k < static_cast<int>(c); k++) {
                f(line, j, k);
            }
        }
    }
    return NI_OK;
}

template <class Rule>
int gather(ni_stream, int64_t n, int64_t oh, int64_t ow, int64_t h, int64_t w, int64_t c, Rule rule) {
    constexpr int64_t tile = 64;  // channels whose states fit the nearest cache
#pragma omp parallel for schedule(static) firstprivate(rule) if (n * (oh * ow + h * w) * c >= parallel_elements)
    for (int64_t line = 0; line < n * oh; line++) {
        typename Rule::State states[tile];
        const int64_t image = line / oh;
        const int i = static_cast<int>(line % oh);
        for (int j = 0; j < static_cast<int>(ow); j++) {
            const Rectangle r = rule.rectangle(i, j);
            for (int64_t begin = 0; begin < c; begin += tile) {
                const int channels = static_cast<int>(c - begin < tile ? c - begin : tile);
                for (int k = 0; k < channels; k++) {
                    states[k] = rule.first();
                }
                for (int y = r.top; y < r.bottom; y += r.row_step) {
                    for (int x = r.left; x < r.right; x += r.column_step) {
                        const int64_t from = ((image * h + y) * w + x) * c + begin;
#pragma omp simd
                        for (int k = 0; k < channels; k++) {
                            rule.take(states[k], from + k, y, x, i, j);
                        }
                    }
                }
                const int64_t into = (line * ow + j) * c + begin;
#pragma omp simd
                for (int k = 0; k < channels; k++) {
                    rule.finish(states[k], into + k, i, j);
                }
            }
        }
    }
    return NI_OK;
}

#endif

}  // namespace NI_ISA_NAMESPACE

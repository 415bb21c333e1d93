/* total_variation: total = the sum of four L2 norms over the whole tensor: of the differences of x and its neighbour to
 *     the right, below, below to the right, below to the left; pairs that the image's edge parts do not count
 * x [N, H, W, C] f32|bf16; total f32 [1]; norms f32 [4], in that order, for backward; partials for 4 sums
 * backward: gx SET = g * the sum of (x - neighbour) / norm over the up to eight neighbours; a norm of 0 has gradient 0;
 *     g f32 [1]
 * any size; deterministic: yes; bytes: N H W C forward, 2 N H W C backward
 * oracle: TotalVariationOracle.java */
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

/* Where a line of pixels is, whose elements are counted over all its pixels and channels. */
struct Line {
    int64_t begin;
    int64_t length;
    int64_t c;
    bool has_above, has_below;

    NI_FN Line(int64_t line, int64_t h, int64_t w, int64_t channels)
        : begin(line * w * channels),
          length(w * channels),
          c(channels),
          has_above(line % h > 0),
          has_below(line % h + 1 < h) {}

    NI_FN bool has_left(int64_t j) const { return j >= c; }
    NI_FN bool has_right(int64_t j) const { return j + c < length; }
};

static NI_FN float square(float x) { return x * x; }

template <class T>
struct SumsOfLine {
    const T* x;
    Line line;

    template <class Sums>
    NI_FN void operator()(int64_t j, Sums& sums) const {
        const T* at = x + line.begin + j;
        const T* below = at + line.length;
        const float value = load(at, 0);
        if (line.has_right(j)) {
            sums[0] += square(value - load(at, line.c));
        }
        if (line.has_below) {
            sums[1] += square(value - load(below, 0));
            if (line.has_right(j)) {
                sums[2] += square(value - load(below, line.c));
            }
            if (line.has_left(j)) {
                sums[3] += square(value - load(below, -line.c));
            }
        }
    }
};

template <class T>
struct GradientOfLine {
    const T* x;
    T* gx;
    Line line;
    float right, down, falling, rising;  // g / norm of each direction

    NI_FN GradientOfLine(const T* from, T* into, Line at, const float* norms, float g)
        : x(from),
          gx(into),
          line(at),
          right(norms[0] > 0 ? g / norms[0] : 0.0f),
          down(norms[1] > 0 ? g / norms[1] : 0.0f),
          falling(norms[2] > 0 ? g / norms[2] : 0.0f),
          rising(norms[3] > 0 ? g / norms[3] : 0.0f) {}

    NI_FN void operator()(int64_t j) const {
        const T* at = x + line.begin + j;
        const float value = load(at, 0);
        float sum = 0;
        if (line.has_left(j)) {
            sum += right * (value - load(at, -line.c));
        }
        if (line.has_right(j)) {
            sum += right * (value - load(at, line.c));
        }
        sum += line.has_above ? beside(at - line.length, j, value, falling, rising) : 0.0f;
        sum += line.has_below ? beside(at + line.length, j, value, rising, falling) : 0.0f;
        store(gx, line.begin + j, sum);
    }

    /* The part of three neighbours in the line above or below. */
    NI_FN float beside(const T* other, int64_t j, float value, float to_left, float to_right) const {
        float sum = down * (value - load(other, 0));
        if (line.has_left(j)) {
            sum += to_left * (value - load(other, -line.c));
        }
        if (line.has_right(j)) {
            sum += to_right * (value - load(other, line.c));
        }
        return sum;
    }
};

template <class T>
static int forward(ni_stream stream, const T* x, float* total, float* norms, float* partials, int64_t n, int64_t h,
                   int64_t w, int64_t c) {
    return reduce_rows<4>(
        stream, n * h, w * c, partials,
        [=] NI_LAMBDA(int64_t line) {
            return SumsOfLine<T>{x, Line(line, h, w, c)};
        },
        [=] NI_LAMBDA(const double* totals) {
            double sum = 0;
            for (int d = 0; d < 4; d++) {
                const double norm = ::sqrt(totals[d]);
                norms[d] = static_cast<float>(norm);
                sum += norm;
            }
            *total = static_cast<float>(sum);
        });
}

template <class T>
static int backward(ni_stream stream, const T* x, const float* norms, const float* g, T* gx, int64_t n, int64_t h,
                    int64_t w, int64_t c) {
    return each_row(stream, n * h, w * c,
                    [=] NI_LAMBDA(int64_t line) { return GradientOfLine<T>(x, gx, Line(line, h, w, c), norms, *g); });
}

int total_variation_forward(ni_stream stream, int dtype, const void* x, float* total, float* norms, float* partials,
                            int64_t n, int64_t h, int64_t w, int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return forward(stream, static_cast<const T*>(x), total, norms, partials, n, h, w, c);
    });
}

int total_variation_backward(ni_stream stream, int dtype, const void* x, const float* norms, const float* g, void* gx,
                             int64_t n, int64_t h, int64_t w, int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return backward(stream, static_cast<const T*>(x), norms, g, static_cast<T*>(gx), n, h, w, c);
    });
}

}  // namespace NI_ISA_NAMESPACE

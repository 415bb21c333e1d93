/* channel_statistics: mean[c] = sum over rows of x[r,c] / rows; var[c] = sum over rows of (x[r,c] - mean[c])^2 / rows
 * x, gx f32|bf16 [rows, C]; the rest f32 [C]; center near the mean, or null: the sums are taken around it, in one pass
 * backward: gx = (gmean + 2 gvar (x - mean)) / rows; gmean, gvar or null, which is 0
 * any size; deterministic: yes; bytes: rows C forward, 2 rows C backward
 * oracle: KernelsTest.java */
#include "channel_statistics.cuh"
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

template <class T>
static int forward(ni_stream stream, const T* x, const float* center, float* mean, float* var, float* partials,
                   int64_t rows, int64_t c) {
    return reduce_channels<2>(
        stream, rows, c, partials,
        [=] NI_LAMBDA(auto ch) {
            const auto middle = middle_of(x, center, ch, rows, c);
            return [=](auto i, auto& sums) { add_to_statistics(load(x, i) - middle, sums); };
        },
        [=] NI_LAMBDA(int64_t ch, const double* totals) {
            finish_statistics(middle_of(x, center, ch, rows, c), totals, rows, mean + ch, var + ch);
        });
}

template <class T>
static int backward(ni_stream stream, const T* x, const float* mean, const float* gmean, const float* gvar, T* gx,
                    int64_t rows, int64_t c) {
    const float share = 1.0f / static_cast<float>(rows);
    return each_channel(stream, rows, c, [=] NI_LAMBDA(auto ch) {
        const auto middle = load(mean, ch);
        const auto level = load_or_zero(gmean, ch) * share;
        const auto slope = load_or_zero(gvar, ch) * (2 * share);
        return [=](auto i) { store(gx, i, level + slope * (load(x, i) - middle)); };
    });
}

int channel_statistics(ni_stream stream, int dtype, const void* x, const float* center, float* mean, float* var,
                       float* partials, int64_t rows, int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return forward(stream, static_cast<const T*>(x), center, mean, var, partials, rows, c);
    });
}

int channel_statistics_backward(ni_stream stream, int dtype, const void* x, const float* mean, const float* gmean,
                                const float* gvar, void* gx, int64_t rows, int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return backward(stream, static_cast<const T*>(x), mean, gmean, gvar, static_cast<T*>(gx), rows, c);
    });
}

}  // namespace NI_ISA_NAMESPACE

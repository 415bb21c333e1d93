/* l2_norm: norm = sqrt of the sum of x[i]^2
 * x f32|bf16, n elements; norm f32 [1]; partials for 1 sum
 * backward: gx SET = g * x / norm; 0 where the norm is 0; g f32 [1]
 * any size; deterministic: yes; bytes: n forward, 2 n backward
 * oracle: L2NormOracle.java */
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

template <class T>
static int forward(ni_stream stream, const T* x, float* norm, float* partials, int64_t n) {
    return reduce_all<1>(
        stream, n, partials,
        [=] NI_LAMBDA(auto i, auto& sums) {
            const auto value = load(x, i);
            sums[0] += value * value;
        },
        [=] NI_LAMBDA(const double* totals) { *norm = static_cast<float>(::sqrt(totals[0])); });
}

template <class T>
static int backward(ni_stream stream, const T* x, const float* norm, const float* g, T* gx, int64_t n) {
    return each(stream, n, [=] NI_LAMBDA() {
        const float scale = *norm > 0 ? *g / *norm : 0.0f;
        return [=](auto i) { store(gx, i, scale * load(x, i)); };
    });
}

int l2_norm_forward(ni_stream stream, int dtype, const void* x, float* norm, float* partials, int64_t n) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return forward(stream, static_cast<const T*>(x), norm, partials, n);
    });
}

int l2_norm_backward(ni_stream stream, int dtype, const void* x, const float* norm, const float* g, void* gx,
                     int64_t n) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return backward(stream, static_cast<const T*>(x), norm, g, static_cast<T*>(gx), n);
    });
}

}  // namespace NI_ISA_NAMESPACE

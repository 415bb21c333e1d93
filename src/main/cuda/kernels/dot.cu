/* dot: total = the sum of x[i] w[i]: what conformance tests make one loss of any output with
 * x f32|bf16, w f32, n elements; total f32 [1]; partials for 1 sum
 * backward: gx SET = g * w; g f32 [1]; w is frozen
 * any size; deterministic: yes; bytes: 2 n forward and backward
 * oracle: DotOracle.java */
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

template <class T>
static int forward(ni_stream stream, const T* x, const float* w, float* total, float* partials, int64_t n) {
    return reduce_all<1>(
        stream, n, partials, [=] NI_LAMBDA(auto i, auto& sums) { sums[0] += load(x, i) * load(w, i); },
        [=] NI_LAMBDA(const double* totals) { *total = static_cast<float>(totals[0]); });
}

template <class T>
static int backward(ni_stream stream, const float* w, const float* g, T* gx, int64_t n) {
    return each(stream, n, [=] NI_LAMBDA() {
        const float scale = *g;
        return [=](auto i) { store(gx, i, scale * load(w, i)); };
    });
}

int dot_forward(ni_stream stream, int dtype, const void* x, const float* w, float* total, float* partials, int64_t n) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return forward(stream, static_cast<const T*>(x), w, total, partials, n);
    });
}

int dot_backward(ni_stream stream, int dtype, const float* w, const float* g, void* gx, int64_t n) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return backward(stream, w, g, static_cast<T*>(gx), n);
    });
}

}  // namespace NI_ISA_NAMESPACE

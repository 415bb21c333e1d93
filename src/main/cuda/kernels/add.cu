/* add: y[i] = a[i] + b[i]
 * a, b, y f32|bf16, n elements; y may be a or b; the sum is made in f32
 * scaled_add: *y = *a + weight *b, one f32 each; a or null, which is 0; y may be a or b
 * column_sum: y[c] = sum over rows of x[r,c]; x f32|bf16 [rows, C], y f32 [C]
 * any size; deterministic: yes; bytes: 3 n; rows C for column_sum
 * oracle: KernelsTest.java */
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

template <class T>
static int add(ni_stream stream, const T* a, const T* b, T* y, int64_t n) {
    return each(stream, n, [=] NI_LAMBDA(auto i) { store(y, i, load(a, i) + load(b, i)); });
}

template <class T>
static int column_sum(ni_stream stream, const T* x, float* y, float* partials, int64_t rows, int64_t c) {
    return reduce_channels<1>(
        stream, rows, c, partials, [=] NI_LAMBDA(auto i, auto, auto& sums) { sums[0] += load(x, i); },
        [=] NI_LAMBDA(int64_t ch, const double* totals) { y[ch] = static_cast<float>(totals[0]); });
}

int add(ni_stream stream, int dtype, const void* a, const void* b, void* y, int64_t n) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return add(stream, static_cast<const T*>(a), static_cast<const T*>(b), static_cast<T*>(y), n);
    });
}

int scaled_add(ni_stream stream, const float* a, const float* b, double weight, float* y) {
    return each(stream, 1, [=] NI_LAMBDA(int64_t) {
        const double base = a != nullptr ? *a : 0;
        *y = static_cast<float>(base + weight * *b);
    });
}

int column_sum(ni_stream stream, int dtype, const void* x, float* y, float* partials, int64_t rows, int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return column_sum(stream, static_cast<const T*>(x), y, partials, rows, c);
    });
}

}  // namespace NI_ISA_NAMESPACE

/* multiply: y[i] = a[i] * b[i]; either gradient is the product of y's with the other factor
 * a, b, y f32|bf16, n elements; y may be a or b; the product is made in f32
 * any size; deterministic: yes; bytes: 3 n
 * oracle: MultiplyOracle.java */
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

template <class T>
static int multiply(ni_stream stream, const T* a, const T* b, T* y, int64_t n) {
    return each(stream, n, [=] NI_LAMBDA(auto i) { store(y, i, load(a, i) * load(b, i)); });
}

int multiply(ni_stream stream, int dtype, const void* a, const void* b, void* y, int64_t n) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return multiply(stream, static_cast<const T*>(a), static_cast<const T*>(b), static_cast<T*>(y), n);
    });
}

}  // namespace NI_ISA_NAMESPACE

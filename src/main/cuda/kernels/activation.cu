/* activation: y = f(x); gx = f'(x) gy, from x or from y = f(x)
 * x, y, gy, gx f32|bf16, n elements; a result may take the place of an argument; kind, slope: common/activation.cuh
 * from the result only where f is IDENTITY, RELU, LEAKY_RELU or RELU6
 * any size; deterministic: yes; bytes: 2 n forward, 3 n backward
 * oracle: KernelsTest.java */
#include "activation.cuh"
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

template <class T, class A>
static int forward(ni_stream stream, A activation, const T* x, T* y, int64_t n) {
    return each(stream, n, [=] NI_LAMBDA(auto i) { store(y, i, activation.forward(load(x, i))); });
}

template <class T, class A>
static int backward(ni_stream stream, A activation, const T* x, const T* gy, T* gx, int64_t n) {
    return each(stream, n, [=] NI_LAMBDA(auto i) { store(gx, i, activation.backward(load(x, i), load(gy, i))); });
}

template <class T, class A>
static int backward_from_result(ni_stream stream, A activation, const T* y, const T* gy, T* gx, int64_t n) {
    return each(stream, n,
                [=] NI_LAMBDA(auto i) { store(gx, i, activation.backward_from_result(load(y, i), load(gy, i))); });
}

int activation_forward(ni_stream stream, int dtype, int kind, const void* x, void* y, int64_t n, double slope) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return with_activation(kind, slope, [=](auto activation) {
            return forward(stream, activation, static_cast<const T*>(x), static_cast<T*>(y), n);
        });
    });
}

int activation_backward(ni_stream stream, int dtype, int kind, const void* x, const void* gy, void* gx, int64_t n,
                        double slope) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return with_activation(kind, slope, [=](auto activation) {
            return backward(stream, activation, static_cast<const T*>(x), static_cast<const T*>(gy),
                            static_cast<T*>(gx), n);
        });
    });
}

int activation_backward_from_result(ni_stream stream, int dtype, int kind, const void* y, const void* gy, void* gx,
                                    int64_t n, double slope) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return with_clipping(kind, slope, [=](auto activation) {
            return backward_from_result(stream, activation, static_cast<const T*>(y), static_cast<const T*>(gy),
                                        static_cast<T*>(gx), n);
        });
    });
}

}  // namespace NI_ISA_NAMESPACE

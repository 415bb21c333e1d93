/* channel_scale: y[n, p, k] = x[n, p, k] * a[n, k]
 * x, y [N, HW, C] f32|bf16; a f32 [N, C]
 * backward: gx SET = gy * a; ga SET = sum over p of gy * x (f32); gx or ga or null
 * any size; deterministic: yes; bytes: 2 N HW C forward, 3 N HW C backward
 * oracle: ChannelScaleOracle.java */
#include "groups.cuh"
#include "kernel.cuh"
#include "pixels.cuh"

namespace NI_ISA_NAMESPACE {

template <class T>
static int forward(ni_stream stream, const T* x, const float* a, T* y, int64_t n, int64_t hw, int64_t c) {
    return each_pixel(stream, n, hw, c, [=] NI_LAMBDA(int64_t image, int p, int k) {
        const int64_t e = (image * hw + p) * c + k;
        store(y, e, load(x, e) * a[image * c + k]);
    });
}

template <class T>
static int backward(ni_stream stream, const T* x, const float* a, const T* gy, T* gx, float* ga, int64_t n, int64_t hw,
                    int64_t c) {
    if (ga == nullptr) {
        return gx == nullptr ? NI_OK : forward(stream, gy, a, gx, n, hw, c);
    }
    return sum_groups(
        stream, n, hw, c,
        [=] NI_LAMBDA(int64_t image, int64_t p, int64_t k) {
            const int64_t e = (image * hw + p) * c + k;
            const float g = load(gy, e);
            if (gx != nullptr) {
                store(gx, e, g * a[image * c + k]);
            }
            return g * load(x, e);
        },
        [=] NI_LAMBDA(int64_t image, int64_t k, float sum) { ga[image * c + k] = sum; });
}

int channel_scale_forward(ni_stream stream, int dtype, const void* x, const float* a, void* y, int64_t n, int64_t hw,
                          int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return forward(stream, static_cast<const T*>(x), a, static_cast<T*>(y), n, hw, c);
    });
}

int channel_scale_backward(ni_stream stream, int dtype, const void* x, const float* a, const void* gy, void* gx,
                           float* ga, int64_t n, int64_t hw, int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return backward(stream, static_cast<const T*>(x), a, static_cast<const T*>(gy), static_cast<T*>(gx), ga, n, hw,
                        c);
    });
}

}  // namespace NI_ISA_NAMESPACE

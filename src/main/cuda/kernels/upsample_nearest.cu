/* upsample_nearest: y[n, i, j, k] = x[n, floor(i H / OH), floor(j W / OW), k]
 * x [N, H, W, C], y [N, OH, OW, C] f32|bf16; OH >= H, OW >= W
 * backward: gx SET = the sum of gy over the pixels that read a pixel, in f32, in a fixed order
 * any size; deterministic: yes; bytes: N (H W + OH OW) C forward and backward
 * oracle: UpsampleNearestOracle.java */
#include "kernel.cuh"
#include "pixels.cuh"

namespace NI_ISA_NAMESPACE {

template <class T>
static int forward(ni_stream stream, const T* x, T* y, int64_t n, int64_t h, int64_t w, int64_t oh, int64_t ow,
                   int64_t c) {
    return each_pixel(stream, n * oh, ow, c, [=] NI_LAMBDA(int64_t line, int j, int k) {
        const int64_t row = line / oh * h + line % oh * h / oh;
        y[(line * ow + j) * c + k] = x[(row * w + j * w / ow) * c + k];
    });
}

/* Sums what lies in the half-open ranges of rows and columns that map to a pixel. */
template <class T>
struct Readers {
    using State = float;

    const T* gy;
    T* gx;
    int64_t h, w, oh, ow;

    NI_FN static int first_reader(int64_t of, int64_t small, int64_t large) {
        return static_cast<int>((of * large + small - 1) / small);
    }

    NI_FN Rectangle rectangle(int i, int j) const {
        return {first_reader(i, h, oh),
                first_reader(i + 1, h, oh),
                first_reader(j, w, ow),
                first_reader(j + 1, w, ow),
                1,
                1};
    }

    NI_FN State first() const { return 0; }

    NI_FN void take(State& sum, int64_t e, int, int, int, int) const { sum += load(gy, e); }

    NI_FN void finish(const State& sum, int64_t e, int, int) const { store(gx, e, sum); }
};

int upsample_nearest_forward(ni_stream stream, int dtype, const void* x, void* y, int64_t n, int64_t h, int64_t w,
                             int64_t oh, int64_t ow, int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return forward(stream, static_cast<const T*>(x), static_cast<T*>(y), n, h, w, oh, ow, c);
    });
}

int upsample_nearest_backward(ni_stream stream, int dtype, const void* gy, void* gx, int64_t n, int64_t h, int64_t w,
                              int64_t oh, int64_t ow, int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return gather(stream, n, h, w, oh, ow, c,
                      Readers<T>{static_cast<const T*>(gy), static_cast<T*>(gx), h, w, oh, ow});
    });
}

}  // namespace NI_ISA_NAMESPACE

/* pool: what a window sees of an image, channel by channel
 * x [N, H, W, C], y [N, OH, OW, C] f32|bf16; window i along an axis sees the positions i stride - pad + t dilation,
 *     t = 0..kernel-1, that lie in the image; every window must see one
 * global_average_pool: y f32 [N, C] = the mean over all HW positions
 * max_pool: y = the largest value, NaN above all; argmax int32 like y = the position row W + column of the first such
 * average_pool: y = the sum divided by how many positions are seen; with count_padding, by how many lie within the
 *     padded image; no dilation
 * backward: gx SET, summed in f32 over windows in a fixed order; max_pool's goes to argmax
 * any size; deterministic: yes; bytes: N (H W + OH OW) C forward and backward
 * oracle: GlobalAveragePoolOracle.java, MaxPoolOracle.java, AveragePoolOracle.java */
#include "groups.cuh"
#include "kernel.cuh"
#include "pixels.cuh"
#include "windows.cuh"

namespace NI_ISA_NAMESPACE {

template <class T>
struct MaxForward {
    struct State {
        float top;
        int32_t at;
    };

    const T* x;
    T* y;
    int32_t* argmax;
    Windows windows;

    NI_FN Rectangle rectangle(int i, int j) const { return windows.seen(i, j); }

    NI_FN State first() const { return {0, -1}; }

    NI_FN void take(State& state, int64_t e, int row, int column, int, int) const {
        const float value = load(x, e);
        const bool larger = state.at < 0 || value > state.top || (value != value && state.top == state.top);
        state.top = larger ? value : state.top;
        state.at = larger ? row * windows.columns.size + column : state.at;
    }

    NI_FN void finish(const State& state, int64_t e, int, int) const {
        store(y, e, state.top);
        argmax[e] = state.at;
    }
};

template <class T>
struct MaxBackward {
    using State = float;

    const int32_t* argmax;
    const T* gy;
    T* gx;
    Windows windows;

    NI_FN Rectangle rectangle(int i, int j) const { return windows.seeing(i, j); }

    NI_FN State first() const { return 0; }

    NI_FN void take(State& sum, int64_t e, int, int, int i, int j) const {
        sum += argmax[e] == i * windows.columns.size + j ? load(gy, e) : 0.0f;
    }

    NI_FN void finish(const State& sum, int64_t e, int, int) const { store(gx, e, sum); }
};

/* One over what a window's sum is divided by. */
struct Share {
    Windows windows;
    bool count_padding;

    NI_FN float operator()(int i, int j) const {
        const Axis& r = windows.rows;
        const Axis& c = windows.columns;
        return 1.0f / static_cast<float>(count_padding ? r.covered(i) * c.covered(j)
                                                       : (r.seen_until(i) - r.first_seen(i)) *
                                                             (c.seen_until(j) - c.first_seen(j)));
    }
};

template <class T>
struct AverageForward {
    using State = float;

    const T* x;
    T* y;
    Share share;

    NI_FN Rectangle rectangle(int i, int j) const { return share.windows.seen(i, j); }

    NI_FN State first() const { return 0; }

    NI_FN void take(State& sum, int64_t e, int, int, int, int) const { sum += load(x, e); }

    NI_FN void finish(const State& sum, int64_t e, int i, int j) const { store(y, e, sum * share(i, j)); }
};

template <class T>
struct AverageBackward {
    using State = float;

    const T* gy;
    T* gx;
    Share share;

    NI_FN Rectangle rectangle(int i, int j) const { return share.windows.seeing(i, j); }

    NI_FN State first() const { return 0; }

    NI_FN void take(State& sum, int64_t e, int row, int column, int, int) const {
        sum += load(gy, e) * share(row, column);
    }

    NI_FN void finish(const State& sum, int64_t e, int, int) const { store(gx, e, sum); }
};

template <class T>
static int average_of_all(ni_stream stream, const T* x, float* y, int64_t n, int64_t hw, int64_t c) {
    const float share = 1.0f / static_cast<float>(hw);
    return sum_groups(
        stream, n, hw, c,
        [=] NI_LAMBDA(int64_t image, int64_t p, int64_t k) { return load(x, (image * hw + p) * c + k); },
        [=] NI_LAMBDA(int64_t image, int64_t k, float sum) { y[image * c + k] = sum * share; });
}

template <class T>
static int share_among_all(ni_stream stream, const float* gy, T* gx, int64_t n, int64_t hw, int64_t c) {
    const float share = 1.0f / static_cast<float>(hw);
    return each_pixel(stream, n, hw, c, [=] NI_LAMBDA(int64_t image, int p, int k) {
        store(gx, (image * hw + p) * c + k, gy[image * c + k] * share);
    });
}

int global_average_pool_forward(ni_stream stream, int dtype, const void* x, float* y, int64_t n, int64_t hw,
                                int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return average_of_all(stream, static_cast<const T*>(x), y, n, hw, c);
    });
}

int global_average_pool_backward(ni_stream stream, int dtype, const float* gy, void* gx, int64_t n, int64_t hw,
                                 int64_t c) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return share_among_all(stream, gy, static_cast<T*>(gx), n, hw, c);
    });
}

int max_pool_forward(ni_stream stream, int dtype, const void* x, void* y, int32_t* argmax, int64_t n, int64_t h,
                     int64_t w, int64_t c, int64_t oh, int64_t ow, int64_t kh, int64_t kw, int64_t sh, int64_t sw,
                     int64_t top, int64_t left, int64_t dh, int64_t dw) {
    const Windows windows{axis_of(h, oh, kh, sh, top, 0, dh), axis_of(w, ow, kw, sw, left, 0, dw)};
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return gather(stream, n, oh, ow, h, w, c,
                      MaxForward<T>{static_cast<const T*>(x), static_cast<T*>(y), argmax, windows});
    });
}

int max_pool_backward(ni_stream stream, int dtype, const int32_t* argmax, const void* gy, void* gx, int64_t n,
                      int64_t h, int64_t w, int64_t c, int64_t oh, int64_t ow, int64_t kh, int64_t kw, int64_t sh,
                      int64_t sw, int64_t top, int64_t left, int64_t dh, int64_t dw) {
    const Windows windows{axis_of(h, oh, kh, sh, top, 0, dh), axis_of(w, ow, kw, sw, left, 0, dw)};
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return gather(stream, n, h, w, oh, ow, c,
                      MaxBackward<T>{argmax, static_cast<const T*>(gy), static_cast<T*>(gx), windows});
    });
}

int average_pool_forward(ni_stream stream, int dtype, const void* x, void* y, int64_t n, int64_t h, int64_t w,
                         int64_t c, int64_t oh, int64_t ow, int64_t kh, int64_t kw, int64_t sh, int64_t sw, int64_t top,
                         int64_t left, int64_t bottom, int64_t right, int count_padding) {
    const Share share{{axis_of(h, oh, kh, sh, top, bottom, 1), axis_of(w, ow, kw, sw, left, right, 1)},
                      count_padding != 0};
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return gather(stream, n, oh, ow, h, w, c,
                      AverageForward<T>{static_cast<const T*>(x), static_cast<T*>(y), share});
    });
}

int average_pool_backward(ni_stream stream, int dtype, const void* gy, void* gx, int64_t n, int64_t h, int64_t w,
                          int64_t c, int64_t oh, int64_t ow, int64_t kh, int64_t kw, int64_t sh, int64_t sw,
                          int64_t top, int64_t left, int64_t bottom, int64_t right, int count_padding) {
    const Share share{{axis_of(h, oh, kh, sh, top, bottom, 1), axis_of(w, ow, kw, sw, left, right, 1)},
                      count_padding != 0};
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return gather(stream, n, h, w, oh, ow, c,
                      AverageBackward<T>{static_cast<const T*>(gy), static_cast<T*>(gx), share});
    });
}

}  // namespace NI_ISA_NAMESPACE

/* frozen_batch_norm: y = f(scale x + shift + residual), and mean and var of x as channel_statistics has them
 * x, residual, y, gy, gy2, gx, gresidual f32|bf16 [rows, C]; the rest f32 [C]; residual or null; center near the mean
 * mean, var and partials all null: no statistics; kind, slope: f, which is IDENTITY, RELU, LEAKY_RELU or RELU6
 * backward: g = gy + gy2; gresidual = f'(y) g; gx = scale f'(y) g + (gmean + 2 gvar (x - mean)) / rows
 *   gy, gy2, gmean, gvar or null, which is 0; gx, gresidual or null: not wanted; x and mean only with gvar, y with gy
 *   or gy2, unless f is IDENTITY
 * fold: scale = gamma / sqrt(var + epsilon), shift = beta - mean scale; f32 [C]
 * scale_filters: y[o,r] = scale[o] w[o,r]; f32 [O, rest], scale f32 [O]
 * any size; deterministic: yes; bytes: rows C for each that is read or written, all of it in one pass
 * oracle: KernelsTest.java */
#include "activation.cuh"
#include "channel_statistics.cuh"
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

int fold_batch_norm(ni_stream stream, const float* gamma, const float* beta, const float* mean, const float* var,
                    float* scale, float* shift, int64_t c, double epsilon) {
    return each(stream, c, [=] NI_LAMBDA(int64_t ch) {
        const double factor = gamma[ch] / ::sqrt(var[ch] + epsilon);
        scale[ch] = static_cast<float>(factor);
        shift[ch] = static_cast<float>(beta[ch] - mean[ch] * factor);
    });
}

int scale_filters(ni_stream stream, const float* w, const float* scale, float* y, int64_t o, int64_t rest) {
    return each_row(stream, o, rest, [=] NI_LAMBDA(int64_t row) {
        const float factor = scale[row];
        const int64_t begin = row * rest;
        return [=](auto j) { store(y + begin, j, factor * load(w + begin, j)); };
    });
}

/* y of some channels, element by element. */
template <class T, class A, class V>
struct Forward {
    A activation;
    const T* residual;
    T* y;
    V scale;
    V shift;

    template <class I>
    NI_FN void operator()(I i, V x) const {
        V sum = scale * x + shift;
        if (residual != nullptr) {
            sum += load(residual, i);
        }
        store(y, i, activation.forward(sum));
    }
};

template <class T, class A>
static int forward(ni_stream stream, A activation, const T* x, const T* residual, const float* scale,
                   const float* shift, T* y, int64_t rows, int64_t c) {
    return each_channel(stream, rows, c, [=] NI_LAMBDA(auto ch) {
        using V = decltype(load(scale, ch));
        const Forward<T, A, V> result{activation, residual, y, load(scale, ch), load(shift, ch)};
        return [=](auto i) { result(i, load(x, i)); };
    });
}

template <class T, class A>
static int forward_with_statistics(ni_stream stream, A activation, const T* x, const T* residual, const float* scale,
                                   const float* shift, const float* center, T* y, float* mean, float* var,
                                   float* partials, int64_t rows, int64_t c) {
    return reduce_channels<2>(
        stream, rows, c, partials,
        [=] NI_LAMBDA(auto ch) {
            using V = decltype(load(scale, ch));
            const Forward<T, A, V> result{activation, residual, y, load(scale, ch), load(shift, ch)};
            const V middle = load(center, ch);
            return [=](auto i, auto& sums) {
                const V value = load(x, i);
                add_to_statistics(value - middle, sums);
                result(i, value);
            };
        },
        [=] NI_LAMBDA(int64_t ch, const double* totals) {
            finish_statistics(center[ch], totals, rows, mean + ch, var + ch);
        });
}

template <class T, class A>
static int backward(ni_stream stream, A activation, const T* x, const T* y, const T* gy, const T* gy2,
                    const float* scale, const float* mean, const float* gmean, const float* gvar, T* gx, T* gresidual,
                    int64_t rows, int64_t c) {
    const float share = 1.0f / static_cast<float>(rows);
    return each_channel(stream, rows, c, [=] NI_LAMBDA(auto ch) {
        using V = decltype(load(scale, ch));
        const V factor = load(scale, ch);
        const V level = load_or_zero(gmean, ch) * share;
        const V slope = load_or_zero(gvar, ch) * (2 * share);
        const V middle = load_or_zero(gvar == nullptr ? nullptr : mean, ch);
        return [=](auto i) {
            V g{};
            if (gy != nullptr) {
                g = load(gy, i);
                if (gy2 != nullptr) {
                    g += load(gy2, i);
                }
                g = activation.backward_from_result(load(y, i), g);
            }
            if (gresidual != nullptr) {
                store(gresidual, i, g);
            }
            if (gx != nullptr) {
                V sum = factor * g + level;
                if (gvar != nullptr) {
                    sum += slope * (load(x, i) - middle);
                }
                store(gx, i, sum);
            }
        };
    });
}

int frozen_batch_norm_forward(ni_stream stream, int dtype, const void* x, const void* residual, const float* scale,
                              const float* shift, const float* center, void* y, float* mean, float* var,
                              float* partials, int64_t rows, int64_t c, int kind, double slope) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return with_clipping(kind, slope, [=](auto activation) {
            if (mean == nullptr) {
                return forward(stream, activation, static_cast<const T*>(x), static_cast<const T*>(residual), scale,
                               shift, static_cast<T*>(y), rows, c);
            }
            return forward_with_statistics(stream, activation, static_cast<const T*>(x),
                                           static_cast<const T*>(residual), scale, shift, center, static_cast<T*>(y),
                                           mean, var, partials, rows, c);
        });
    });
}

int frozen_batch_norm_backward(ni_stream stream, int dtype, const void* x, const void* y, const void* gy,
                               const void* gy2, const float* scale, const float* mean, const float* gmean,
                               const float* gvar, void* gx, void* gresidual, int64_t rows, int64_t c, int kind,
                               double slope) {
    const void* g = gy != nullptr ? gy : gy2;
    const void* g2 = gy != nullptr ? gy2 : nullptr;
    y = y != nullptr ? y : g;  // IDENTITY makes no use of it
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return with_clipping(kind, slope, [=](auto activation) {
            return backward(stream, activation, static_cast<const T*>(x), static_cast<const T*>(y),
                            static_cast<const T*>(g), static_cast<const T*>(g2), scale, mean, gmean, gvar,
                            static_cast<T*>(gx), static_cast<T*>(gresidual), rows, c);
        });
    });
}

}  // namespace NI_ISA_NAMESPACE

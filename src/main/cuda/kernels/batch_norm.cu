/* batch_norm: y = f(gamma xhat + beta), xhat = (x - mean) / sqrt(var + epsilon), mean and var being those of x
 * x, y, gy, gx f32|bf16 [rows, C]; the rest f32 [C]; kind, slope: f, which is IDENTITY, RELU, LEAKY_RELU or RELU6
 * backward_sums: g = f'(gamma xhat + beta) gy; ggamma = sum over rows of g xhat; gbeta = sum over rows of g
 * backward: gx = gamma / sqrt(var + epsilon) (g - gbeta / rows - xhat ggamma / rows)
 * moving_average: average += share (factor value - average); f32 [C]
 * any size; deterministic: yes; bytes: 2 rows C forward and for the sums, 3 rows C backward
 * oracle: KernelsTest.java */
#include "activation.cuh"
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

/* What the statistics of some channels make of x: from the distance to the mean, d, to what the activation is given. */
template <class V>
struct Normalization {
    V mean;
    V root;  // 1 / sqrt(var + epsilon)
    V scale;
    V beta;

    NI_FN V distance(V x) const { return x - mean; }
    NI_FN V before_activation(V d) const { return scale * d + beta; }
};

struct Statistics {
    const float* mean;
    const float* var;
    const float* gamma;
    const float* beta;
    float epsilon;

    template <class C>
    NI_FN auto of(C ch) const {
        const auto root = 1.0f / sqrt(load(var, ch) + epsilon);
        return Normalization<decltype(load(mean, ch))>{load(mean, ch), root, load(gamma, ch) * root, load(beta, ch)};
    }
};

template <class T, class A>
static int forward(ni_stream stream, A activation, Statistics statistics, const T* x, T* y, int64_t rows, int64_t c) {
    return each_channel(stream, rows, c, [=] NI_LAMBDA(auto ch) {
        const auto norm = statistics.of(ch);
        return [=](auto i) { store(y, i, activation.forward(norm.before_activation(norm.distance(load(x, i))))); };
    });
}

template <class T, class A>
static int backward_sums(ni_stream stream, A activation, Statistics statistics, const T* x, const T* gy, float* ggamma,
                         float* gbeta, float* partials, int64_t rows, int64_t c) {
    return reduce_channels<2>(
        stream, rows, c, partials,
        [=] NI_LAMBDA(auto ch) {
            const auto norm = statistics.of(ch);
            return [=](auto i, auto& sums) {
                const auto d = norm.distance(load(x, i));
                const auto g = activation.backward(norm.before_activation(d), load(gy, i));
                sums[0] += g * d;
                sums[1] += g;
            };
        },
        [=] NI_LAMBDA(int64_t ch, const double* totals) {
            ggamma[ch] = static_cast<float>(totals[0] * statistics.of(ch).root);
            gbeta[ch] = static_cast<float>(totals[1]);
        });
}

template <class T, class A>
static int backward(ni_stream stream, A activation, Statistics statistics, const T* x, const T* gy, const float* ggamma,
                    const float* gbeta, T* gx, int64_t rows, int64_t c) {
    const float share = 1.0f / static_cast<float>(rows);
    return each_channel(stream, rows, c, [=] NI_LAMBDA(auto ch) {
        const auto norm = statistics.of(ch);
        const auto level = load(gbeta, ch) * share;
        const auto slope = load(ggamma, ch) * share * norm.root;
        return [=](auto i) {
            const auto d = norm.distance(load(x, i));
            const auto g = activation.backward(norm.before_activation(d), load(gy, i));
            store(gx, i, norm.scale * (g - level - slope * d));
        };
    });
}

int batch_norm_forward(ni_stream stream, int dtype, const void* x, const float* mean, const float* var,
                       const float* gamma, const float* beta, void* y, int64_t rows, int64_t c, double epsilon,
                       int kind, double slope) {
    const Statistics statistics{mean, var, gamma, beta, static_cast<float>(epsilon)};
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return with_clipping(kind, slope, [=](auto activation) {
            return forward(stream, activation, statistics, static_cast<const T*>(x), static_cast<T*>(y), rows, c);
        });
    });
}

int batch_norm_backward_sums(ni_stream stream, int dtype, const void* x, const void* gy, const float* mean,
                             const float* var, const float* gamma, const float* beta, float* ggamma, float* gbeta,
                             float* partials, int64_t rows, int64_t c, double epsilon, int kind, double slope) {
    const Statistics statistics{mean, var, gamma, beta, static_cast<float>(epsilon)};
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return with_clipping(kind, slope, [=](auto activation) {
            return backward_sums(stream, activation, statistics, static_cast<const T*>(x), static_cast<const T*>(gy),
                                 ggamma, gbeta, partials, rows, c);
        });
    });
}

int batch_norm_backward(ni_stream stream, int dtype, const void* x, const void* gy, const float* mean, const float* var,
                        const float* gamma, const float* beta, const float* ggamma, const float* gbeta, void* gx,
                        int64_t rows, int64_t c, double epsilon, int kind, double slope) {
    const Statistics statistics{mean, var, gamma, beta, static_cast<float>(epsilon)};
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return with_clipping(kind, slope, [=](auto activation) {
            return backward(stream, activation, statistics, static_cast<const T*>(x), static_cast<const T*>(gy), ggamma,
                            gbeta, static_cast<T*>(gx), rows, c);
        });
    });
}

int moving_average(ni_stream stream, float* average, const float* value, int64_t c, double share, double factor) {
    const float taken = static_cast<float>(share * factor);
    const float kept = static_cast<float>(1 - share);
    return each(stream, c, [=] NI_LAMBDA() {
        return [=](auto i) { store(average, i, kept * load(average, i) + taken * load(value, i)); };
    });
}

}  // namespace NI_ISA_NAMESPACE

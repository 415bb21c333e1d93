/* convolution: y[n, i, j, k] = f(bias[k] + residual[n, i, j, k] + the sum of x[n, r, s, c] w[k, a, b, c] over taps a, b
 *     and the channels c of k's group), r = i sh - top + a dh and s = j sw - left + b dw, where they lie in x
 * forward: x [N, H, W, C] and w [K, KH, KW, C/groups] f32|bf16 of type `in`; y, residual [N, OH, OW, K] f32|bf16 of
 *     type `out`; bias f32 [K]; bias, residual or null; kind, slope: f, which is IDENTITY, RELU, LEAKY_RELU or RELU6
 * data_gradient: gx [N, H, W, C] = f(bias + residual + the transpose, of gy [N, OH, OW, K]), gy and w of type `in`, gx
 *     and residual of type `out`, bias [C]: forward for a transposed convolution
 * weight_gradient: gw f32 like w SET; partials f32 [parts, K, KH, KW, C/groups]: scratch; or null, if parts is 1
 * epilogue: y = f(y + bias + residual) in place, after convolutions of others; y [rows, C]
 * sums are made in f32 and rounded once; any size; deterministic: yes, parts decide how weights' gradients are summed
 * bytes: x, w and y once, where caches hold what neighbours share; 2 rows C for the epilogue
 * oracle: NaiveConvolution.java */
#include "activation.cuh"
#include "groups.cuh"
#include "kernel.cuh"
#include "windows.cuh"

namespace NI_ISA_NAMESPACE {

/* An activation that is told from the others when it runs, which is nothing beside a window's products. */
struct Clipping {
    int kind;
    float slope;

    bool exists() const { return kind >= 0 && kind <= 3; }

    template <class V>
    NI_FN V forward(V x) const {
        switch (kind) {
            case 1:
                return Relu().forward(x);
            case 2:
                return LeakyRelu{slope}.forward(x);
            case 3:
                return Relu6().forward(x);
            default:
                return x;
        }
    }
};

/* What is done to a sum before it is stored. */
template <class Y>
struct Epilogue {
    const float* bias;
    const Y* residual;
    Y* y;
    Clipping activation;

    template <class I, class C, class V>
    NI_FN void operator()(I i, C ch, V sum) const {
        if (bias != nullptr) {
            sum += load(bias, ch);
        }
        if (residual != nullptr) {
            sum += load(residual, i);
        }
        store(y, i, activation.forward(sum));
    }
};

/* One of the two tensors of pixels. */
struct Side {
    int height, width;
    int channels;  // of a group
    int64_t step;  // from the weight of a channel to that of the next
};

struct Convolution {
    Windows windows;
    Side x, y;
    int groups;

    NI_FN int taps() const { return windows.rows.kernel * windows.columns.kernel; }
    NI_FN int64_t group_weights() const { return y.channels * y.step; }
    NI_FN int64_t weights() const { return groups * group_weights(); }
};

/* Sums that are pixels of y, each of which is a window. */
struct ToY {
    NI_FN static Side from(const Convolution& shape) { return shape.x; }
    NI_FN static Side into(const Convolution& shape) { return shape.y; }
    NI_FN static int look(const Axis& axis, int window, int tap) { return axis.seen(window, tap); }
};

/* Sums that are pixels of x, each of which is seen by windows. */
struct ToX {
    NI_FN static Side from(const Convolution& shape) { return shape.y; }
    NI_FN static Side into(const Convolution& shape) { return shape.x; }
    NI_FN static int look(const Axis& axis, int position, int tap) { return axis.seeing(position, tap); }
};

/* A line of pixels, each the sum of what it looks at times weights; a thread sums `tile` channels of a pixel. */
template <class Way, int tile, class T, class Y>
struct LineOfSums {
    const T* source;
    const T* w;
    Epilogue<Y> epilogue;
    Convolution shape;
    int64_t line;

    NI_FN void operator()(int64_t e) const {
        // Neighbouring threads have neighbouring pixels and share weights. Where a thread has but one channel, as when
        // every channel is a group, they have neighbouring channels and share lines of memory.
        const Side into = Way::into(shape);
        const int at = static_cast<int>(e);
        const int tiles = shape.groups * into.channels / tile;
        const int j = tile > 1 ? at % into.width : at / tiles;
        const int first = (tile > 1 ? at / into.width : at % tiles) * tile;
        alignas(16) float sums[tile] = {};
        add_window(static_cast<int>(line % into.height), j, first, sums);
        finish((line * into.width + j) * shape.groups * into.channels + first, first, sums);
    }

    NI_FN void add_window(int i, int j, int first, float (&sums)[tile]) const {
        const Side from = Way::from(shape);
        const Side into = Way::into(shape);
        const int group = first / into.channels;
        const int channels = shape.groups * from.channels;
        const T* image = source + line / into.height * from.height * from.width * channels + group * from.channels;
        const T* weights = w + group * shape.group_weights() + first % into.channels * into.step;
        for (int a = 0; a < shape.windows.rows.kernel; a++) {
            const int row = Way::look(shape.windows.rows, i, a);
            if (row < 0) {
                continue;
            }
            for (int b = 0; b < shape.windows.columns.kernel; b++) {
                const int column = Way::look(shape.windows.columns, j, b);
                if (column < 0) {
                    continue;
                }
                const int64_t pixel = static_cast<int64_t>(row) * from.width + column;
                const int tap = a * shape.windows.columns.kernel + b;
                add_tap(image + pixel * channels, weights + static_cast<int64_t>(tap) * shape.x.channels, sums);
            }
        }
    }

    NI_FN void add_tap(const T* pixel, const T* weights, float (&sums)[tile]) const {
        const Side from = Way::from(shape);
        if (from.channels % lanes == 0) {
            for (int ch = 0; ch < from.channels; ch += lanes) {
                const Floats values = load(pixel, Lanes{ch});
                for (int l = 0; l < lanes; l++) {
                    add_channel(values[l], weights + (ch + l) * from.step, sums);
                }
            }
        } else {
            for (int ch = 0; ch < from.channels; ch++) {
                add_channel(load(pixel, ch), weights + ch * from.step, sums);
            }
        }
    }

    NI_FN void add_channel(float value, const T* weights, float (&sums)[tile]) const {
        const int64_t step = Way::into(shape).step;
        for (int t = 0; t < tile; t++) {
            sums[t] += value * load(weights, t * step);
        }
    }

    NI_FN void finish(int64_t e, int first, const float (&sums)[tile]) const {
        if constexpr (tile == lanes) {
            epilogue(Lanes{e}, Lanes{first}, load(sums, Lanes{0}));
        } else {
            for (int t = 0; t < tile; t++) {
                epilogue(e + t, first + t, sums[t]);
            }
        }
    }
};

template <class Way, int tile, class T, class Y>
static int lines_of_sums(ni_stream stream, int64_t n, Convolution shape, const T* source, const T* w,
                         Epilogue<Y> epilogue) {
    const Side into = Way::into(shape);
    const int64_t tiles = shape.groups * into.channels / tile;
    if (into.width * tiles > INT32_MAX) {
        return NI_BAD_ARGUMENT;
    }
    return each_row(stream, n * into.height, into.width * tiles, [=] NI_LAMBDA(int64_t line) {
        return LineOfSums<Way, tile, T, Y>{source, w, epilogue, shape, line};
    });
}

/* As many channels at a time as divide those of a group: a vector, an image's three, or one. */
template <class Way, class T, class Y>
static int sums(ni_stream stream, int64_t n, Convolution shape, const T* source, const T* w, Epilogue<Y> epilogue) {
    const int channels = Way::into(shape).channels;
    if (channels % lanes == 0) {
        return lines_of_sums<Way, lanes>(stream, n, shape, source, w, epilogue);
    }
    if (channels % 3 == 0) {
        return lines_of_sums<Way, 3>(stream, n, shape, source, w, epilogue);
    }
    return lines_of_sums<Way, 1>(stream, n, shape, source, w, epilogue);
}

template <class Way>
static int convolve(ni_stream stream, int in, int out, const void* source, const void* w, const float* bias,
                    const void* residual, void* y, int64_t n, Convolution shape, Clipping activation) {
    if (!activation.exists()) {
        return NI_BAD_ARGUMENT;
    }
    return with_dtype(in, [=](auto in_type) {
        using T = decltype(in_type);
        return with_dtype(out, [=](auto out_type) {
            using Y = decltype(out_type);
            const Epilogue<Y> epilogue{bias, static_cast<const Y*>(residual), static_cast<Y*>(y), activation};
            return sums<Way>(stream, n, shape, static_cast<const T*>(source), static_cast<const T*>(w), epilogue);
        });
    });
}

/* The part of the weights' gradient that some lines of y make; a thread sums several output channels' or several input
 * channels' weights, whose type is then Lanes. */
template <class K, class C, class T>
struct PartOfWeights {
    static constexpr int k_tile = std::is_same_v<K, Lanes> ? lanes : 1;
    static constexpr int c_tile = std::is_same_v<C, Lanes> ? lanes : 1;
    using Sum = std::conditional_t<k_tile * c_tile == 1, float, Floats>;

    const T* x;
    const T* gy;
    float* gw;
    Convolution shape;
    int64_t begin, end;

    NI_FN void operator()(int64_t e) const {
        // Neighbouring threads have neighbouring channels of x, then neighbouring taps: gy is shared.
        const int columns = shape.x.channels / c_tile;
        const int ch = static_cast<int>(e % columns) * c_tile;
        const int tap = static_cast<int>(e / columns % shape.taps());
        const int64_t k = e / columns / shape.taps() * k_tile;
        put(k * shape.y.step + static_cast<int64_t>(tap) * shape.x.channels + ch,
            sum(k, k / shape.y.channels * shape.x.channels + ch, tap));
    }

    /* Line by line, so that long sums keep their digits. */
    NI_FN Sum sum(int64_t k, int64_t ch, int tap) const {
        const Axis& columns = shape.windows.columns;
        Sum total{};
        for (int64_t line = begin; line < end; line++) {
            const int row = shape.windows.rows.seen(static_cast<int>(line % shape.y.height), tap / columns.kernel);
            if (row >= 0) {
                total += sum_of_line(line, line / shape.y.height * shape.x.height + row, k, ch, tap % columns.kernel);
            }
        }
        return total;
    }

    NI_FN Sum sum_of_line(int64_t y_line, int64_t x_line, int64_t k, int64_t ch, int tap) const {
        const int64_t x_channels = static_cast<int64_t>(shape.groups) * shape.x.channels;
        const int64_t y_channels = static_cast<int64_t>(shape.groups) * shape.y.channels;
        const T* x_pixels = x + x_line * shape.x.width * x_channels;
        const T* y_pixels = gy + y_line * shape.y.width * y_channels;
        Sum sum{};
        for (int j = 0; j < shape.y.width; j++) {
            const int column = shape.windows.columns.seen(j, tap);
            if (column >= 0) {
                sum += load(y_pixels, K{j * y_channels + k}) * load(x_pixels, C{column * x_channels + ch});
            }
        }
        return sum;
    }

    NI_FN void put(int64_t at, float value) const { gw[at] = value; }

    NI_FN void put(int64_t at, Floats values) const {
        const int64_t step = k_tile > 1 ? shape.y.step : 1;
        for (int l = 0; l < lanes; l++) {
            gw[at + l * step] = values[l];
        }
    }
};

template <class K, class C, class T>
static int parts_of_weights(ni_stream stream, int64_t lines, int64_t parts, Convolution shape, const T* x, const T* gy,
                            float* partials) {
    using Part = PartOfWeights<K, C, T>;
    const int64_t weights = shape.weights();
    return each_row(stream, parts, weights / (Part::k_tile * Part::c_tile), [=] NI_LAMBDA(int64_t part) {
        return Part{x, gy, partials + part * weights, shape, lines * part / parts, lines * (part + 1) / parts};
    });
}

template <class T>
static int weight_gradient(ni_stream stream, int64_t n, int64_t parts, Convolution shape, const T* x, const T* gy,
                           float* partials) {
    const int64_t lines = n * shape.y.height;
    if (shape.y.channels % lanes == 0) {
        return parts_of_weights<Lanes, int64_t>(stream, lines, parts, shape, x, gy, partials);
    }
    if (shape.x.channels % lanes == 0) {
        return parts_of_weights<int64_t, Lanes>(stream, lines, parts, shape, x, gy, partials);
    }
    return parts_of_weights<int64_t, int64_t>(stream, lines, parts, shape, x, gy, partials);
}

template <class Y>
static int finish_sums(ni_stream stream, Epilogue<Y> epilogue, int64_t rows, int64_t c) {
    return each_channel(stream, rows, c, [=] NI_LAMBDA(auto i, auto ch) { epilogue(i, ch, load(epilogue.y, i)); });
}

static Clipping clipping(int kind, double slope) { return {kind, static_cast<float>(slope)}; }

static Convolution shape_of(int64_t h, int64_t w, int64_t c, int64_t oh, int64_t ow, int64_t k, int64_t kh, int64_t kw,
                            int64_t sh, int64_t sw, int64_t top, int64_t left, int64_t dh, int64_t dw, int64_t groups) {
    const int inputs = static_cast<int>(c / groups);
    const int outputs = static_cast<int>(k / groups);
    return {{axis_of(h, oh, kh, sh, top, 0, dh), axis_of(w, ow, kw, sw, left, 0, dw)},
            {static_cast<int>(h), static_cast<int>(w), inputs, 1},
            {static_cast<int>(oh), static_cast<int>(ow), outputs, kh * kw * inputs},
            static_cast<int>(groups)};
}

int convolution_forward(ni_stream stream, int in, int out, const void* x, const void* w, const float* bias,
                        const void* residual, void* y, int64_t n, int64_t h, int64_t width, int64_t c, int64_t oh,
                        int64_t ow, int64_t k, int64_t kh, int64_t kw, int64_t sh, int64_t sw, int64_t top,
                        int64_t left, int64_t dh, int64_t dw, int64_t groups, int kind, double slope) {
    const Convolution shape = shape_of(h, width, c, oh, ow, k, kh, kw, sh, sw, top, left, dh, dw, groups);
    return convolve<ToY>(stream, in, out, x, w, bias, residual, y, n, shape, clipping(kind, slope));
}

int convolution_data_gradient(ni_stream stream, int in, int out, const void* gy, const void* w, const float* bias,
                              const void* residual, void* gx, int64_t n, int64_t h, int64_t width, int64_t c,
                              int64_t oh, int64_t ow, int64_t k, int64_t kh, int64_t kw, int64_t sh, int64_t sw,
                              int64_t top, int64_t left, int64_t dh, int64_t dw, int64_t groups, int kind,
                              double slope) {
    const Convolution shape = shape_of(h, width, c, oh, ow, k, kh, kw, sh, sw, top, left, dh, dw, groups);
    return convolve<ToX>(stream, in, out, gy, w, bias, residual, gx, n, shape, clipping(kind, slope));
}

int convolution_weight_gradient(ni_stream stream, int in, const void* x, const void* gy, float* gw, float* partials,
                                int64_t parts, int64_t n, int64_t h, int64_t width, int64_t c, int64_t oh, int64_t ow,
                                int64_t k, int64_t kh, int64_t kw, int64_t sh, int64_t sw, int64_t top, int64_t left,
                                int64_t dh, int64_t dw, int64_t groups) {
    if (parts < 1) {
        return NI_BAD_ARGUMENT;
    }
    const Convolution shape = shape_of(h, width, c, oh, ow, k, kh, kw, sh, sw, top, left, dh, dw, groups);
    const int made = with_dtype(in, [=](auto type) {
        using T = decltype(type);
        return weight_gradient(stream, n, parts, shape, static_cast<const T*>(x), static_cast<const T*>(gy),
                               parts == 1 ? gw : partials);
    });
    if (made != NI_OK || parts == 1) {
        return made;
    }
    const int64_t weights = shape.weights();
    return sum_groups(
        stream, 1, parts, weights,
        [=] NI_LAMBDA(int64_t, int64_t part, int64_t e) { return partials[part * weights + e]; },
        [=] NI_LAMBDA(int64_t, int64_t e, float sum) { gw[e] = sum; });
}

int convolution_epilogue(ni_stream stream, int dtype, const float* bias, const void* residual, void* y, int64_t rows,
                         int64_t c, int kind, double slope) {
    const Clipping activation = clipping(kind, slope);
    if (!activation.exists()) {
        return NI_BAD_ARGUMENT;
    }
    return with_dtype(dtype, [=](auto type) {
        using Y = decltype(type);
        const Epilogue<Y> epilogue{bias, static_cast<const Y*>(residual), static_cast<Y*>(y), activation};
        return finish_sums(stream, epilogue, rows, c);
    });
}

}  // namespace NI_ISA_NAMESPACE

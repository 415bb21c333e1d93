#include "convolution.h"

#include <cstddef>

namespace simulation {

namespace {

/* Where a filter's row or column meets the input, as seen from the output; -1 where it is beside it. */
int64_t input_at(int64_t out, int64_t tap, int64_t stride, int64_t before, int64_t dilation, int64_t extent) {
    const int64_t in = out * stride + tap * dilation - before;
    return in < extent ? in : -1;
}

/* And where it meets the output, as seen from the input. */
int64_t output_at(int64_t in, int64_t tap, int64_t stride, int64_t before, int64_t dilation, int64_t extent) {
    const int64_t steps = in + before - tap * dilation;
    return steps >= 0 && steps % stride == 0 && steps / stride < extent ? steps / stride : -1;
}

/* to[j] += sum over i of from[i, in the group of j] * weights[i][j], for one position and one tap of the filter. */
void accumulate(const float* from, int64_t per_group, const int64_t* group_start, const float* weights, float* to,
                int64_t channels, bool grouped) {
    for (int64_t i = 0; i < per_group; i++) {
        const float* row = weights + i * channels;
        if (grouped) {
#pragma omp simd
            for (int64_t j = 0; j < channels; j++) {
                to[j] += from[group_start[j] + i] * row[j];
            }
        } else {
            const float value = from[i];
#pragma omp simd
            for (int64_t j = 0; j < channels; j++) {
                to[j] += value * row[j];
            }
        }
    }
}

/* For each channel of one side, where its group's channels begin on the other. */
std::vector<int64_t> group_starts(int64_t channels, int64_t others, int64_t groups) {
    std::vector<int64_t> starts(channels);
    for (int64_t j = 0; j < channels; j++) {
        starts[j] = j / (channels / groups) * (others / groups);
    }
    return starts;
}

}  // namespace

std::vector<float> forward(const Convolution& at, const std::vector<float>& x, const std::vector<float>& w) {
    const int64_t inputs = at.c / at.groups;
    const int64_t taps = at.r * at.s;
    std::vector<float> turned(w.size());  // [tap][input][k]
    for (int64_t k = 0; k < at.k; k++) {
        for (int64_t i = 0; i < taps * inputs; i++) {
            turned[i * at.k + k] = w[k * taps * inputs + i];
        }
    }
    const std::vector<int64_t> starts = group_starts(at.k, at.c, at.groups);
    std::vector<float> y(at.y_size());
#pragma omp parallel for collapse(2)
    for (int64_t n = 0; n < at.n; n++) {
        for (int64_t oh = 0; oh < at.oh; oh++) {
            for (int64_t tap = 0; tap < taps; tap++) {
                const int64_t h = input_at(oh, tap / at.s, at.stride_h, at.top, at.dilation_h, at.h);
                for (int64_t ow = 0; h >= 0 && ow < at.ow; ow++) {
                    const int64_t v = input_at(ow, tap % at.s, at.stride_w, at.left, at.dilation_w, at.w);
                    if (v >= 0) {
                        accumulate(&x[((n * at.h + h) * at.w + v) * at.c], inputs, starts.data(),
                                   &turned[tap * inputs * at.k], &y[((n * at.oh + oh) * at.ow + ow) * at.k], at.k,
                                   at.groups > 1);
                    }
                }
            }
        }
    }
    return y;
}

std::vector<float> data_gradient(const Convolution& at, const std::vector<float>& dy, const std::vector<float>& w) {
    const int64_t inputs = at.c / at.groups;
    const int64_t outputs = at.k / at.groups;
    const int64_t taps = at.r * at.s;
    std::vector<float> turned(w.size());  // [tap][output][c]
    for (int64_t k = 0; k < at.k; k++) {
        for (int64_t tap = 0; tap < taps; tap++) {
            for (int64_t i = 0; i < inputs; i++) {
                turned[(tap * outputs + k % outputs) * at.c + k / outputs * inputs + i] = w[(k * taps + tap) * inputs + i];
            }
        }
    }
    const std::vector<int64_t> starts = group_starts(at.c, at.k, at.groups);
    std::vector<float> dx(at.x_size());
#pragma omp parallel for collapse(2)
    for (int64_t n = 0; n < at.n; n++) {
        for (int64_t h = 0; h < at.h; h++) {
            for (int64_t tap = 0; tap < taps; tap++) {
                const int64_t oh = output_at(h, tap / at.s, at.stride_h, at.top, at.dilation_h, at.oh);
                for (int64_t v = 0; oh >= 0 && v < at.w; v++) {
                    const int64_t ow = output_at(v, tap % at.s, at.stride_w, at.left, at.dilation_w, at.ow);
                    if (ow >= 0) {
                        accumulate(&dy[((n * at.oh + oh) * at.ow + ow) * at.k], outputs, starts.data(),
                                   &turned[tap * outputs * at.c], &dx[((n * at.h + h) * at.w + v) * at.c], at.c,
                                   at.groups > 1);
                    }
                }
            }
        }
    }
    return dx;
}

std::vector<float> filter_gradient(const Convolution& at, const std::vector<float>& x, const std::vector<float>& dy) {
    const int64_t inputs = at.c / at.groups;
    const int64_t outputs = at.k / at.groups;
    std::vector<float> dw(at.w_size());
#pragma omp parallel for
    for (int64_t k = 0; k < at.k; k++) {
        std::vector<double> sums(at.r * at.s * inputs);
        for (int64_t position = 0; position < at.n * at.oh * at.ow; position++) {
            const int64_t ow = position % at.ow;
            const int64_t oh = position / at.ow % at.oh;
            const int64_t n = position / at.ow / at.oh;
            const double value = dy[position * at.k + k];
            for (int64_t tap = 0; tap < at.r * at.s; tap++) {
                const int64_t h = input_at(oh, tap / at.s, at.stride_h, at.top, at.dilation_h, at.h);
                const int64_t v = input_at(ow, tap % at.s, at.stride_w, at.left, at.dilation_w, at.w);
                if (h >= 0 && v >= 0) {
                    const float* from = &x[((n * at.h + h) * at.w + v) * at.c + k / outputs * inputs];
                    double* into = &sums[tap * inputs];
#pragma omp simd
                    for (int64_t i = 0; i < inputs; i++) {
                        into[i] += value * from[i];
                    }
                }
            }
        }
        for (std::size_t i = 0; i < sums.size(); i++) {
            dw[k * sums.size() + i] = static_cast<float>(sums[i]);
        }
    }
    return dw;
}

}  // namespace simulation

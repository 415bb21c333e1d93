/* convolution: the arithmetic of the simulated cuDNN, in float32. */
#pragma once

#include <cstdint>
#include <vector>

namespace simulation {

struct Convolution {
    int64_t n, h, w, c;        // the input, NHWC
    int64_t oh, ow, k;         // the output, NHWC
    int64_t r, s;              // the filters, [k][r][s][c / groups]
    int64_t stride_h, stride_w, top, left, dilation_h, dilation_w, groups;

    int64_t x_size() const { return n * h * w * c; }
    int64_t y_size() const { return n * oh * ow * k; }
    int64_t w_size() const { return k * r * s * (c / groups); }
};

std::vector<float> forward(const Convolution& at, const std::vector<float>& x, const std::vector<float>& w);
std::vector<float> data_gradient(const Convolution& at, const std::vector<float>& dy, const std::vector<float>& w);
std::vector<float> filter_gradient(const Convolution& at, const std::vector<float>& x, const std::vector<float>& dy);

}  // namespace simulation

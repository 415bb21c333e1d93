/* subpixel_filters: w4[f, a, b] = sum over p in {a-1, a}, q in {b-1, b}, where they are in 0..2, of w3[f, 2-p, 2-q]
 * w3 f32 [filters, 3, 3], w4 f32 [filters, 4, 4]: a 3x3 convolution after doubling as a 4x4 transposed one of stride 2
 * backward: g3 SET[f, 2-p, 2-q] = sum over a in {p, p+1}, b in {q, q+1} of g4[f, a, b]
 * any size; deterministic: yes; bytes: 25 filters
 * oracle: SubpixelFiltersOracle.java */
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

int subpixel_filters_forward(ni_stream stream, const float* w3, float* w4, int64_t filters) {
    return each(stream, filters * 16, [=] NI_LAMBDA(int64_t i) {
        const float* w = w3 + i / 16 * 9;
        const int a = static_cast<int>(i / 4 % 4);
        const int b = static_cast<int>(i % 4);
        float sum = 0;
        for (int p = a > 0 ? a - 1 : 0; p <= (a < 2 ? a : 2); p++) {
            for (int q = b > 0 ? b - 1 : 0; q <= (b < 2 ? b : 2); q++) {
                sum += w[(2 - p) * 3 + 2 - q];
            }
        }
        w4[i] = sum;
    });
}

int subpixel_filters_backward(ni_stream stream, const float* g4, float* g3, int64_t filters) {
    return each(stream, filters * 9, [=] NI_LAMBDA(int64_t i) {
        const int p = 2 - static_cast<int>(i / 3 % 3);
        const int q = 2 - static_cast<int>(i % 3);
        const float* g = g4 + i / 9 * 16 + p * 4 + q;
        g3[i] = (g[0] + g[1]) + (g[4] + g[5]);
    });
}

}  // namespace NI_ISA_NAMESPACE

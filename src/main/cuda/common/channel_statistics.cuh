/* channel_statistics: mean and variance in one pass, from the sums of d and d^2 with d = x - middle.
 *
 * The closer the middle is to the mean, the fewer digits are lost. Where it is not given, it is the average of a few
 * rows.
 */
#pragma once

#include "lanes.cuh"

namespace NI_ISA_NAMESPACE {

template <class C>
NI_FN auto load_or_zero(const float* p, C ch) {
    decltype(load(p, ch)) value{};
    if (p != nullptr) {
        value = load(p, ch);
    }
    return value;
}

template <class T, class C>
NI_FN auto middle_of(const T* x, const float* center, C ch, int64_t rows, int64_t c) {
    if (center != nullptr) {
        return load(center, ch);
    }
    auto sum = load(x, ch);
    for (int64_t k = 1; k < 8; k++) {
        sum += load(x + rows * k / 8 * c, ch);
    }
    return sum * 0.125f;
}

template <class V>
NI_FN void add_to_statistics(V d, V (&sums)[2]) {
    sums[0] += d;
    sums[1] += d * d;
}

NI_FN void finish_statistics(float middle, const double* totals, int64_t rows, float* mean, float* var) {
    const double d = totals[0] / rows;
    const double spread = totals[1] / rows - d * d;
    *mean = static_cast<float>(middle + d);
    *var = static_cast<float>(spread > 0 ? spread : 0);
}

}  // namespace NI_ISA_NAMESPACE

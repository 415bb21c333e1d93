/* math: the transcendental functions of kernels, in f32.
 *
 * On the host they are polynomials (S. Moshier, Cephes, single precision) without branches and calls, so that a loop
 * around them vectorises; within 2 units in the last place. On the device they are its built-in ones. Infinities and
 * NaN go through exponential, tangent and sigmoid as they should; logarithm wants a positive normal number.
 *
 * exponential(x), logarithm(x), hyperbolic_tangent(x), sigmoid(x)
 * sine_and_cosine(turns, &sine, &cosine): of 2 pi turns / 2^32, reduced exactly, the same on host and device.
 */
#pragma once

#include <cstdint>

#include "dtype.cuh"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

/* x as whole + rest with |rest| <= 1/2, for |x| < 2^22: adding 1.5 * 2^23 pushes the fraction out. */
NI_FN float nearest_whole(float x) {
    const float push = 12582912.0f;
    return (x + push) - push;
}

/* 2^n for a whole n in [-126, 127]. */
NI_FN float power_of_two(int n) { return float_of(static_cast<uint32_t>(n + 127) << 23); }

NI_FN float exponential(float x) {
#ifdef __CUDA_ARCH__
    return expf(x);
#else
    // Beyond these bounds the result is 0 or infinite all the same; a NaN fails both comparisons and stays.
    x = x < -104.0f ? -104.0f : x;
    x = x > 89.0f ? 89.0f : x;
    const float whole = nearest_whole(x * 1.44269504088896341f);
    const float r = (x - whole * 0.693359375f) - whole * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    // In two steps, as 2^whole alone may be too large or too small for a float where the result is not.
    const int n = static_cast<int>(whole);
    const int half = n >> 1;
    return p * power_of_two(half) * power_of_two(n - half);
#endif
}

NI_FN float logarithm(float x) {
#ifdef __CUDA_ARCH__
    return logf(x);
#else
    // x = m 2^e with m in [1/sqrt 2, sqrt 2).
    const uint32_t bits = bits_of(x) - 0x3f3504f3;
    const float e = static_cast<float>(static_cast<int32_t>(bits) >> 23);
    const float f = float_of((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
    const float z = f * f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    float y = p * f * z;
    y += e * -2.12194440e-4f;
    y -= 0.5f * z;
    return (f + y) + e * 0.693359375f;
#endif
}

NI_FN float hyperbolic_tangent(float x) {
#ifdef __CUDA_ARCH__
    return tanhf(x);
#else
    const float z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    const float near = p * z * x + x;
    const float size = x < 0 ? -x : x;
    const float far = 1.0f - 2.0f / (exponential(2.0f * size) + 1.0f);
    return size < 0.625f ? near : (x < 0 ? -far : far);
#endif
}

NI_FN float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

NI_FN void sine_and_cosine(uint32_t turns, float& sine, float& cosine) {
    // The nearest quarter turn, and the angle from there in [-pi/4, pi/4].
    const uint32_t quarter = (turns + 0x20000000u) >> 30;
    const float x = static_cast<float>(static_cast<int32_t>(turns - (quarter << 30))) * 1.4629180792671596e-9f;
    const float z = x * x;
    const float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * x + x;
    const float c =
        ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1.0f;
    const float a = (quarter & 1) ? c : s;
    const float b = (quarter & 1) ? s : c;
    sine = (quarter & 2) ? -a : a;
    cosine = ((quarter + 1) & 2) ? -b : b;
}

}  // namespace NI_ISA_NAMESPACE

/* math: functions that few kernels want, in f32; the others are in lanes.cuh.
 *
 * Polynomials (S. Moshier, Cephes, single precision) without branches and calls, so that a loop around them vectorises,
 * and the same on host and device.
 *
 * logarithm(x): of a positive normal number, within 1 unit in the last place
 * sine_and_cosine(turns, sine, cosine): of 2 pi turns / 2^32, reduced exactly, within 1.1e-7
 */
#pragma once

#include <cstdint>

#include "dtype.cuh"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

NI_FN float logarithm(float x) {
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
}

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

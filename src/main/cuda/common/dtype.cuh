/* dtype: storage types. Kernels load and store f32 or bf16 and compute in f32.
 *
 * load(p, i) is p[i] as a float; store(p, i, v) rounds v to the nearest even, and makes any NaN 0x7fff, which is what
 * the device's own instruction makes of it. with_dtype turns a dtype code into a type.
 */
#pragma once

#include <cstdint>

#include "ni_kernels.h"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

struct bf16 {
    uint16_t bits;
};

NI_FN uint32_t bits_of(float value) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

NI_FN float float_of(uint32_t bits) {
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

NI_FN float to_f32(float value) { return value; }

NI_FN float to_f32(bf16 value) { return float_of(static_cast<uint32_t>(value.bits) << 16); }

template <class T>
NI_FN T from_f32(float value);

template <>
NI_FN float from_f32<float>(float value) {
    return value;
}

template <>
NI_FN bf16 from_f32<bf16>(float value) {
    const uint32_t bits = bits_of(value);
    // Half of the lowest kept bit, less one where that bit is 0: ties go to the even neighbour.
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
    return {static_cast<uint16_t>(is_nan ? 0x7fff : rounded)};
}

template <class T>
NI_FN float load(const T* p, int64_t i) {
    return to_f32(p[i]);
}

template <class T>
NI_FN void store(T* p, int64_t i, float value) {
    p[i] = from_f32<T>(value);
}

/* Calls f with a value of the type that the code names; only its type matters. */
template <class F>
int with_dtype(int dtype, F f) {
    switch (dtype) {
        case NI_F32:
            return f(float{});
        case NI_BF16:
            return f(bf16{});
        default:
            return NI_BAD_DTYPE;
    }
}

}  // namespace NI_ISA_NAMESPACE

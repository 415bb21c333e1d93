/* lanes: arithmetic on several neighbouring elements at a time, in the words that one element is computed in.
 *
 * A functor written with `auto` is compiled for both: launch policies call it with Lanes for as long as they can and
 * with int64_t for what is left over.
 *
 *   i   int64_t or Lanes       an element, or `lanes` neighbours
 *   ch  int64_t or Channels    the channels of those elements
 *   load(p, i), load(p, ch)    float or Floats
 *   store(p, i, v)
 *
 * Floats have + - * / and comparisons, among themselves and with a float; comparisons make a Mask, which select takes.
 */
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__AVX2__) && !defined(__CUDACC__)
#include <immintrin.h>
#endif

#include "dtype.cuh"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

#ifdef __CUDACC__
constexpr int lanes = 8;  // of bf16: the widest load of a device
#elif defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif

/* The elements first, first + 1, .., first + lanes - 1. On a device first is a multiple of lanes. */
struct Lanes {
    int64_t first;
};

/* As many channels of c, going on with channel 0 after the last. */
struct Channels {
    int64_t first;
    int64_t c;
};

#ifdef __CUDACC__

/* The compiler makes what it can of loops over this. */
template <class T>
struct alignas(sizeof(T) * lanes < 16 ? sizeof(T) * lanes : 16) Vector {
    T lane[lanes];

    NI_FN T& operator[](int l) { return lane[l]; }
    NI_FN const T& operator[](int l) const { return lane[l]; }
};

using Floats = Vector<float>;
using Mask = Vector<bool>;

NI_FN Floats broadcast(float value) {
    Floats all;
    for (int l = 0; l < lanes; l++) {
        all[l] = value;
    }
    return all;
}

#define NI_LANEWISE(result, op)                                               \
    NI_FN result operator op(Floats a, Floats b) {                            \
        result r;                                                             \
        for (int l = 0; l < lanes; l++) {                                     \
            r[l] = a[l] op b[l];                                              \
        }                                                                     \
        return r;                                                             \
    }                                                                         \
    NI_FN result operator op(Floats a, float b) { return a op broadcast(b); } \
    NI_FN result operator op(float a, Floats b) { return broadcast(a) op b; }
NI_LANEWISE(Floats, +)
NI_LANEWISE(Floats, -)
NI_LANEWISE(Floats, *)
NI_LANEWISE(Floats, /)
NI_LANEWISE(Mask, <)
NI_LANEWISE(Mask, <=)
NI_LANEWISE(Mask, >)
NI_LANEWISE(Mask, >=)
#undef NI_LANEWISE

NI_FN Floats& operator+=(Floats& a, Floats b) { return a = a + b; }
NI_FN Floats operator-(Floats a) { return 0.0f - a; }

NI_FN Floats select(Mask mask, Floats a, Floats b) {
    for (int l = 0; l < lanes; l++) {
        b[l] = mask[l] ? a[l] : b[l];
    }
    return b;
}

NI_FN Floats sqrt(Floats a) {
    for (int l = 0; l < lanes; l++) {
        a[l] = ::sqrtf(a[l]);
    }
    return a;
}

NI_FN float power_of_two(float n);

NI_FN Floats power_of_two(Floats n) {
    for (int l = 0; l < lanes; l++) {
        n[l] = power_of_two(n[l]);
    }
    return n;
}

template <class T>
NI_FN Floats load(const T* p, Lanes i) {
    const Vector<T> stored = *reinterpret_cast<const Vector<T>*>(p + i.first);
    Floats loaded;
    for (int l = 0; l < lanes; l++) {
        loaded[l] = to_f32(stored[l]);
    }
    return loaded;
}

template <class T>
NI_FN void store(T* p, Lanes i, Floats value) {
    Vector<T> stored;
    for (int l = 0; l < lanes; l++) {
        stored[l] = from_f32<T>(value[l]);
    }
    *reinterpret_cast<Vector<T>*>(p + i.first) = stored;
}

template <class T>
NI_FN Floats load(const T* p, Channels ch) {
    return load(p, Lanes{ch.first});
}

#else

using Floats = float __attribute__((vector_size(4 * lanes)));
using Mask = int32_t __attribute__((vector_size(4 * lanes)));

NI_FN Floats broadcast(float value) { return value - Floats{}; }

NI_FN Floats select(Mask mask, Floats a, Floats b) { return mask ? a : b; }

NI_FN Floats sqrt(Floats a) {
    for (int l = 0; l < lanes; l++) {
        a[l] = __builtin_sqrtf(a[l]);
    }
    return a;
}

using Words = uint32_t __attribute__((vector_size(4 * lanes)));
using Halves = uint16_t __attribute__((vector_size(2 * lanes)));

/* Halves as the upper ones of words, and back. What the compiler makes of a conversion between vectors of 256 and 512
 * bits goes by way of halves of them; the mask is for its warnings. */
NI_FN Words widen(Halves halves) {
#ifdef __AVX512BW__
    return reinterpret_cast<Words>(_mm512_maskz_cvtepu16_epi32(0xffff, reinterpret_cast<__m256i>(halves))) << 16;
#else
    return __builtin_convertvector(halves, Words) << 16;
#endif
}

NI_FN Halves narrow(Words words) {
#ifdef __AVX512BW__
    using AllHalves = uint16_t __attribute__((vector_size(4 * lanes)));
    const AllHalves upper = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31};
    const AllHalves halves = __builtin_shuffle(reinterpret_cast<AllHalves>(words), upper);
    Halves first;
    std::memcpy(&first, &halves, sizeof first);
    return first;
#else
    return __builtin_convertvector(words >> 16, Halves);
#endif
}

NI_FN Floats load(const float* p, Lanes i) {
    Floats value;
    std::memcpy(&value, p + i.first, sizeof value);
    return value;
}

NI_FN Floats load(const bf16* p, Lanes i) {
    Halves stored;
    std::memcpy(&stored, p + i.first, sizeof stored);
    return reinterpret_cast<Floats>(widen(stored));
}

NI_FN void store(float* p, Lanes i, Floats value) { std::memcpy(p + i.first, &value, sizeof value); }

/* As from_f32 rounds. */
NI_FN void store(bf16* p, Lanes i, Floats value) {
#ifdef __AVX512BF16__
    // The processor's own rounding keeps what a NaN carries, and takes results below 2^-126 for 0.
    const __m512 floats = reinterpret_cast<__m512>(value);
    const __m256bh nan = reinterpret_cast<__m256bh>(0x7fff - Halves{});
    const __mmask16 is_number = _mm512_cmp_ps_mask(floats, floats, _CMP_ORD_Q);
    const Halves stored = reinterpret_cast<Halves>(_mm512_mask_cvtneps_pbh(nan, is_number, floats));
#else
    const Words bits = reinterpret_cast<Words>(value);
    const Words rounded = bits + 0x7fff + ((bits >> 16) & 1);
    const Halves stored = narrow(value == value ? rounded : 0x7fffffff - Words{});
#endif
    std::memcpy(p + i.first, &stored, sizeof stored);
}

/* Channels that begin anew after the last; rarely needed, so not worth a copy in every loop. */
template <class T>
__attribute__((noinline)) void go_around(const T* p, Channels ch, T* value) {
    for (int l = 0; l < lanes; l++) {
        value[l] = p[ch.first];
        ch.first = ch.first + 1 < ch.c ? ch.first + 1 : 0;
    }
}

template <class T>
NI_FN Floats load(const T* p, Channels ch) {
    if (ch.first + lanes <= ch.c) {
        return load(p, Lanes{ch.first});
    }
    T value[lanes];
    go_around(p, ch, value);
    return load(value, Lanes{0});
}

/* 2^n for whole n from -126 to 127: the sum's last bits are n + 127, which then become the exponent. */
NI_FN Floats power_of_two(Floats n) { return reinterpret_cast<Floats>(reinterpret_cast<Words>(n + 12583039.0f) << 23); }

#endif

NI_FN Floats select(Mask mask, Floats a, float b) { return select(mask, a, broadcast(b)); }
NI_FN Floats select(Mask mask, float a, Floats b) { return select(mask, broadcast(a), b); }
NI_FN float select(bool mask, float a, float b) { return mask ? a : b; }

NI_FN float sqrt(float a) { return ::sqrtf(a); }

NI_FN float power_of_two(float n) { return float_of(bits_of(n + 12583039.0f) << 23); }

/* The smaller and the greater; x if it is not a number. */
template <class V>
NI_FN V min(V x, float bound) {
    return select(x > bound, bound, x);
}

template <class V>
NI_FN V max(V x, float bound) {
    return select(x < bound, bound, x);
}

/* e^x within 1e-7 of itself, as if x were in [-87, 88]. */
template <class V>
NI_FN V exp(V x) {
    x = max(min(x, 88.0f), -87.0f);
    const V n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;  // rounded, as the sum holds no fraction
    const V r = x - n * 0.693359375f + n * 2.12194440e-4f;
    V p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return (p * r * r + r + 1.0f) * power_of_two(n);
}

/* (e^x - e^-x) / (e^x + e^-x) within 2e-7 of itself. */
template <class V>
NI_FN V tanh(V x) {
    const V z = x * x;
    V p = z * -5.70498872745e-3f + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    const V near = p * z * x + x;
    const V far = 1.0f - 2.0f / (exp(2.0f * select(x < 0.0f, -x, x)) + 1.0f);
    return select(z < 0.390625f, near, select(x < 0.0f, -far, far));
}

}  // namespace NI_ISA_NAMESPACE

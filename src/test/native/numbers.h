/* numbers: element types in memory, and float32 in which all arithmetic is done. */
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace simulation {

enum class Type { F32, BF16 };

inline size_t size_of(Type type) { return type == Type::F32 ? 4 : 2; }

inline uint32_t bits_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

inline float of_bits(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/* Drops bits of the mantissa, to nearest, ties to even; a NaN stays one. */
inline float without_bits(float value, int dropped) {
    const uint32_t bits = bits_of(value);
    if (value != value) {
        return of_bits(bits | 0x00400000u);
    }
    const uint32_t half = (1u << (dropped - 1)) - 1 + ((bits >> dropped) & 1);
    return of_bits((bits + half) & ~((1u << dropped) - 1));
}

inline float to_bf16(float value) { return without_bits(value, 16); }
inline float to_tf32(float value) { return without_bits(value, 13); }

inline float load(Type type, const void* memory, int64_t i) {
    return type == Type::F32 ? static_cast<const float*>(memory)[i]
                             : of_bits(static_cast<uint32_t>(static_cast<const uint16_t*>(memory)[i]) << 16);
}

inline void store(Type type, void* memory, int64_t i, float value) {
    if (type == Type::F32) {
        static_cast<float*>(memory)[i] = value;
    } else {
        static_cast<uint16_t*>(memory)[i] = static_cast<uint16_t>(bits_of(to_bf16(value)) >> 16);
    }
}

/* A copy in float32, rounded to tf32 if so wished. */
inline std::vector<float> loaded(Type type, const void* memory, int64_t n, bool tf32) {
    std::vector<float> values(n);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        const float value = load(type, memory, i);
        values[i] = tf32 ? to_tf32(value) : value;
    }
    return values;
}

}  // namespace simulation

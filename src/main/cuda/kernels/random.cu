/* random: draws from a counter-based generator, Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
 *     1, 2, 3", SC 2011): every value is a function of its key and counter alone, so draws may be made in any order.
 * key int32 [3]: run seed, low and high word, which are Philox's key; batch index. The counter is (block, draw_stream,
 *     iteration, batch index); draws that belong to no iteration have iteration -1. A block is four words.
 * random_normal: y f32 [n] = mean + deviation * z; z[i] from block i / 4: by Box and Muller 1958 from its words 0, 1
 *     (cosine, sine), then 2, 3
 * random_uniform: y f32 [n] in [low, high), 24 random bits; y[i] from word i % 4 of block i / 4
 * jitter_draw: draw int32 [3] = dy, dx, flip from words 0, 1, 2 of block 0; dy, dx in -range..range, flip 0 or 1
 * any size; deterministic: yes, and equal on host and device but for the last digits of normals; bytes: n
 * oracle: Philox.java */
#include <cmath>

#include "kernel.cuh"
#include "math.cuh"

namespace NI_ISA_NAMESPACE {

struct Block {
    uint32_t w[4];
};

static NI_FN Block philox4x32(Block counter, uint32_t key0, uint32_t key1) {
    for (int round = 0; round < 10; round++) {
        const uint64_t a = static_cast<uint64_t>(0xd2511f53u) * counter.w[0];
        const uint64_t b = static_cast<uint64_t>(0xcd9e8d57u) * counter.w[2];
        counter = {static_cast<uint32_t>(b >> 32) ^ counter.w[1] ^ key0, static_cast<uint32_t>(b),
                   static_cast<uint32_t>(a >> 32) ^ counter.w[3] ^ key1, static_cast<uint32_t>(a)};
        key0 += 0x9e3779b9u;
        key1 += 0xbb67ae85u;
    }
    return counter;
}

static NI_FN Block draw_block(const int32_t* key, int64_t block, int64_t draw_stream, int32_t iteration) {
    return philox4x32({static_cast<uint32_t>(block), static_cast<uint32_t>(draw_stream),
                       static_cast<uint32_t>(iteration), static_cast<uint32_t>(key[2])},
                      static_cast<uint32_t>(key[0]), static_cast<uint32_t>(key[1]));
}

/* Two normal numbers. The radius' word is taken as a number in (0, 1], so its logarithm exists. */
static NI_FN void box_muller(uint32_t radius, uint32_t angle, float& a, float& b) {
    const float u = static_cast<float>(radius) * 0x1p-32f + 0x1p-33f;
    const float r = sqrtf(-2.0f * logarithm(u));
    sine_and_cosine(angle, b, a);
    a *= r;
    b *= r;
}

/* How many words n are below 2^32: the part of [0, n) that a word falls in when all are stretched alike. */
static NI_FN int32_t below(uint32_t n, uint32_t word) {
    return static_cast<int32_t>(static_cast<uint64_t>(word) * n >> 32);
}

/* y[4 b], ... = values(b)[0], ... for as many as there are. */
template <class F>
static int each_block(ni_stream stream, float* y, int64_t n, F values) {
    return each(stream, (n + 3) / 4, [=] NI_LAMBDA(int64_t b) {
        float v[4];
        values(b, v);
        for (int i = 0; i < 4; i++) {
            if (4 * b + i < n) {
                y[4 * b + i] = v[i];
            }
        }
    });
}

int random_normal(ni_stream stream, const int32_t* key, float* y, int64_t draw_stream, int64_t n, double mean,
                  double deviation) {
    const float center = static_cast<float>(mean);
    const float scale = static_cast<float>(deviation);
    return each_block(stream, y, n, [=] NI_LAMBDA(int64_t b, float* v) {
        const Block words = draw_block(key, b, draw_stream, -1);
        box_muller(words.w[0], words.w[1], v[0], v[1]);
        box_muller(words.w[2], words.w[3], v[2], v[3]);
        for (int i = 0; i < 4; i++) {
            v[i] = center + scale * v[i];
        }
    });
}

int random_uniform(ni_stream stream, const int32_t* key, float* y, int64_t draw_stream, int64_t n, double low,
                   double high) {
    const float from = static_cast<float>(low);
    const float width = static_cast<float>(high - low);
    const float last = nextafterf(static_cast<float>(high), from);
    return each_block(stream, y, n, [=] NI_LAMBDA(int64_t b, float* v) {
        const Block words = draw_block(key, b, draw_stream, -1);
        for (int i = 0; i < 4; i++) {
            const float value = from + width * (static_cast<float>(words.w[i] >> 8) * 0x1p-24f);
            v[i] = value < last ? value : last;  // rounding may have reached high
        }
    });
}

int jitter_draw(ni_stream stream, const int32_t* key, const int32_t* iteration, int32_t* draw, int64_t draw_stream,
                int64_t range) {
    return each(stream, 1, [=] NI_LAMBDA(int64_t) {
        const Block words = draw_block(key, 0, draw_stream, *iteration);
        const uint32_t shifts = static_cast<uint32_t>(2 * range + 1);
        draw[0] = below(shifts, words.w[0]) - static_cast<int32_t>(range);
        draw[1] = below(shifts, words.w[1]) - static_cast<int32_t>(range);
        draw[2] = below(2, words.w[2]);
    });
}

}  // namespace NI_ISA_NAMESPACE

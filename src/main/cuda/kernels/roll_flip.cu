/* roll_flip: y[n, i, j, k] = r[n, i, flip ? W-1-j : j, k] with r[n, i, j, k] = x[n, (i - dy) mod H, (j - dx) mod W, k]
 * x, y [N, H, W, C] f32|bf16; draw int32 [3] dy, dx, flip, any integers; one draw for all images
 * inverse: y = the permutation undone, which is also its transpose: roll_flip's backward is its inverse, SET
 * any size; deterministic: yes; bytes: 2 N H W C
 * oracle: RollFlipOracle.java */
#include "kernel.cuh"
#include "pixels.cuh"

namespace NI_ISA_NAMESPACE {

/* a mod n, in [0, n) for negative a too. */
static NI_FN int64_t wrapped(int64_t a, int64_t n) {
    const int64_t rest = a % n;
    return rest < 0 ? rest + n : rest;
}

template <class T>
static int permute(ni_stream stream, const T* x, const int32_t* draw, T* y, int64_t n, int64_t h, int64_t w, int64_t c,
                   bool inverse) {
    return each_pixel(stream, n * h, w, c, [=] NI_LAMBDA(int64_t line, int j, int k) {
        const int64_t i = line % h;
        const bool flip = draw[2] != 0;
        int64_t row;
        int64_t column;
        if (inverse) {
            row = wrapped(i + draw[0], h);
            column = wrapped(j + draw[1], w);
            column = flip ? w - 1 - column : column;
        } else {
            row = wrapped(i - draw[0], h);
            column = wrapped((flip ? w - 1 - j : j) - draw[1], w);
        }
        y[(line * w + j) * c + k] = x[((line - i + row) * w + column) * c + k];
    });
}

int roll_flip(ni_stream stream, int dtype, const void* x, const int32_t* draw, void* y, int64_t n, int64_t h, int64_t w,
              int64_t c, int inverse) {
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return permute(stream, static_cast<const T*>(x), draw, static_cast<T*>(y), n, h, w, c, inverse != 0);
    });
}

}  // namespace NI_ISA_NAMESPACE

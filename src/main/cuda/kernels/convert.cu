/* convert: y[i] = x[i], n elements, of one type out of f32|bf16 into another; not in place
 * copy: y = x, clear: y = 0, in bytes; fill: the low 32 of the bits into every one of 4-byte words
 * nchw_to_nhwc: x [N, C, HW] into y [N, HW, C]; nhwc_to_nchw: back; f32|bf16; for what enters and leaves, not for speed
 * block_copy: y[y_offset + sum of i_a ys_a] = x[x_offset + sum of i_a xs_a] for all i_a < n_a, a = 0, .. 3; f32|bf16,
 *   offsets and strides in elements
 * any size; deterministic: yes; bytes: 2 n; n for clear and fill
 * oracle: KernelsTest.java */
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

/* What a type is stored in, for where it is only moved. */
template <class T>
using Word = std::conditional_t<sizeof(T) == 4, uint32_t, uint16_t>;

template <class X, class Y>
static int convert(ni_stream stream, const X* x, Y* y, int64_t n) {
    return each(stream, n, [=] NI_LAMBDA(auto i) { store(y, i, load(x, i)); });
}

/* x [N, A, B] into y [N, B, A]. */
template <class T>
static int transpose(ni_stream stream, const T* x, T* y, int64_t n, int64_t a, int64_t b) {
    return each_row(stream, n * b, a, [=] NI_LAMBDA(int64_t row) {
        const T* column = x + row / b * a * b + row % b;
        T* into = y + row * a;
        return [=](int64_t j) { into[j] = column[j * b]; };
    });
}

/* Axes of a block, the last innermost. */
struct Block {
    int64_t n[4];
    int64_t x_stride[4];
    int64_t y_stride[4];

    /* Joins axes that lie behind each other in both tensors, so that the last is as long as can be; others become 1. */
    void join() {
        int last = 3;
        for (int axis = 2; axis >= 0; axis--) {
            const bool trivial = n[last] == 1 || n[axis] == 1;
            const bool behind =
                x_stride[axis] == n[last] * x_stride[last] && y_stride[axis] == n[last] * y_stride[last];
            if (trivial || behind) {
                if (n[last] == 1) {
                    x_stride[last] = x_stride[axis];
                    y_stride[last] = y_stride[axis];
                }
                n[last] *= n[axis];
            } else {
                last--;
                n[last] = n[axis];
                x_stride[last] = x_stride[axis];
                y_stride[last] = y_stride[axis];
            }
        }
        while (last > 0) {
            n[--last] = 1;
        }
    }

    /* Where a row along the last axis begins. */
    NI_FN int64_t begin(int64_t row, const int64_t* stride) const {
        const int64_t i1 = row / n[2];
        return i1 / n[1] * stride[0] + i1 % n[1] * stride[1] + row % n[2] * stride[2];
    }
};

template <class T>
static int block_copy(ni_stream stream, Block block, const T* x, T* y) {
    const int64_t rows = block.n[0] * block.n[1] * block.n[2];
    const int64_t xs = block.x_stride[3];
    const int64_t ys = block.y_stride[3];
    if (xs == 1 && ys == 1) {
        return each_row(stream, rows, block.n[3], [=] NI_LAMBDA(int64_t row) {
            const T* from = x + block.begin(row, block.x_stride);
            T* into = y + block.begin(row, block.y_stride);
            return [=](int64_t j) { into[j] = from[j]; };
        });
    }
    return each_row(stream, rows, block.n[3], [=] NI_LAMBDA(int64_t row) {
        const T* from = x + block.begin(row, block.x_stride);
        T* into = y + block.begin(row, block.y_stride);
        return [=](int64_t j) { into[j * ys] = from[j * xs]; };
    });
}

int convert(ni_stream stream, int from, const void* x, int into, void* y, int64_t n) {
    return with_dtype(from, [=](auto x_type) {
        using X = decltype(x_type);
        return with_dtype(into, [=](auto y_type) {
            using Y = decltype(y_type);
            return convert(stream, static_cast<const X*>(x), static_cast<Y*>(y), n);
        });
    });
}

int copy(ni_stream stream, const void* x, void* y, int64_t bytes) { return copy_bytes(stream, x, y, bytes); }

int clear(ni_stream stream, void* y, int64_t bytes) { return clear_bytes(stream, y, bytes); }

int fill(ni_stream stream, void* y, int64_t words, int64_t bits) {
    uint32_t* into = static_cast<uint32_t*>(y);
    const uint32_t word = static_cast<uint32_t>(bits);
    return each(stream, words, [=] NI_LAMBDA(int64_t i) { into[i] = word; });
}

int nchw_to_nhwc(ni_stream stream, int dtype, const void* x, void* y, int64_t n, int64_t c, int64_t hw) {
    return with_dtype(dtype, [=](auto type) {
        using T = Word<decltype(type)>;
        return transpose(stream, static_cast<const T*>(x), static_cast<T*>(y), n, c, hw);
    });
}

int nhwc_to_nchw(ni_stream stream, int dtype, const void* x, void* y, int64_t n, int64_t c, int64_t hw) {
    return with_dtype(dtype, [=](auto type) {
        using T = Word<decltype(type)>;
        return transpose(stream, static_cast<const T*>(x), static_cast<T*>(y), n, hw, c);
    });
}

int block_copy(ni_stream stream, int dtype, const void* x, void* y, int64_t x_offset, int64_t y_offset, int64_t n0,
               int64_t xs0, int64_t ys0, int64_t n1, int64_t xs1, int64_t ys1, int64_t n2, int64_t xs2, int64_t ys2,
               int64_t n3, int64_t xs3, int64_t ys3) {
    Block block{{n0, n1, n2, n3}, {xs0, xs1, xs2, xs3}, {ys0, ys1, ys2, ys3}};
    block.join();
    return with_dtype(dtype, [=](auto type) {
        using T = Word<decltype(type)>;
        return block_copy(stream, block, static_cast<const T*>(x) + x_offset, static_cast<T*>(y) + y_offset);
    });
}

}  // namespace NI_ISA_NAMESPACE

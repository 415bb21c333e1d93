/* filters: convolution weights w f32 [O, I/groups, HW], as they are trained, and packed, as convolution.cu reads them
 * filters_pack: y f32|bf16 = w with what a tap multiplies side by side: y[o, p, i] = w[o, i, p];
 *     of a transposed convolution, whose input takes the place of the output: y[g I/groups + i, p, o] =
 *     w[g O/groups + o, i, p] for every group g
 * filters_unpack: w = y, back again
 * any size; deterministic: yes; bytes: 2 O I/groups HW
 * oracle: ConvolutionKernelsTest.java */
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

/* Where an element of packed filters lies in w. */
struct Packing {
    int64_t outputs, inputs;  // of a group
    int64_t hw;
    bool transposed;

    NI_FN int64_t operator()(int64_t e) const {
        const int64_t inner = transposed ? outputs : inputs;
        const int64_t outer = e / inner / hw;
        const int64_t tap = e / inner % hw;
        const int64_t o = transposed ? outer / inputs * outputs + e % inner : outer;
        const int64_t i = transposed ? outer % inputs : e % inner;
        return (o * inputs + i) * hw + tap;
    }
};

template <class T>
static int pack(ni_stream stream, Packing place, const float* w, T* y, int64_t n) {
    return each(stream, n, [=] NI_LAMBDA(int64_t e) { store(y, e, w[place(e)]); });
}

template <class T>
static int unpack(ni_stream stream, Packing place, const T* y, float* w, int64_t n) {
    return each(stream, n, [=] NI_LAMBDA(int64_t e) { w[place(e)] = load(y, e); });
}

int filters_pack(ni_stream stream, int dtype, const float* w, void* y, int64_t o, int64_t i, int64_t hw, int64_t groups,
                 int transposed) {
    const Packing place{o / groups, i / groups, hw, transposed != 0};
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return pack(stream, place, w, static_cast<T*>(y), o * (i / groups) * hw);
    });
}

int filters_unpack(ni_stream stream, int dtype, const void* y, float* w, int64_t o, int64_t i, int64_t hw,
                   int64_t groups, int transposed) {
    const Packing place{o / groups, i / groups, hw, transposed != 0};
    return with_dtype(dtype, [=](auto type) {
        using T = decltype(type);
        return unpack(stream, place, static_cast<const T*>(y), w, o * (i / groups) * hw);
    });
}

}  // namespace NI_ISA_NAMESPACE

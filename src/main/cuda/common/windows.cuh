/* windows: what a window sees of an image while it slides over it, and by which windows a pixel is seen.
 *
 * Window i along an axis sees the positions i stride - before + tap dilation, tap = 0..kernel-1, that lie in the image.
 */
#pragma once

#include <cstdint>

#include "pixels.cuh"
#include "target.cuh"

namespace NI_ISA_NAMESPACE {

/* A window's way along one axis; what it consists of are its taps. */
struct Axis {
    int size, windows;
    int kernel, stride, before, after, dilation;

    NI_FN int start(int window) const { return window * stride - before; }

    /* The first position that a window sees, and one past its last. */
    NI_FN int first_seen(int window) const {
        const int at = start(window);
        return at >= 0 ? at : at + (-at + dilation - 1) / dilation * dilation;
    }
    NI_FN int seen_until(int window) const {
        const int end = start(window) + (kernel - 1) * dilation + 1;
        return end < size ? end : size;
    }

    /* The position that a window's tap sees, or -1. */
    NI_FN int seen(int window, int tap) const {
        const int position = start(window) + tap * dilation;
        return position >= 0 && position < size ? position : -1;
    }

    /* The window whose tap sees a position, or -1. */
    NI_FN int seeing(int position, int tap) const {
        const int way = position + before - tap * dilation;
        const int window = way / stride;
        return way >= 0 && window * stride == way && window < windows ? window : -1;
    }

    /* How many positions of the padded image a window covers; without dilation. */
    NI_FN int covered(int window) const {
        const int end = start(window) + kernel;
        return (end < size + after ? end : size + after) - start(window);
    }

    /* The first window that may see a position, and one past the last. */
    NI_FN int first_seeing(int position) const {
        const int reach = position + before - (kernel - 1) * dilation;
        return reach > 0 ? (reach + stride - 1) / stride : 0;
    }
    NI_FN int seeing_until(int position) const {
        const int end = (position + before) / stride + 1;
        return end < windows ? end : windows;
    }
};

/* Both axes. */
struct Windows {
    Axis rows, columns;

    NI_FN Rectangle seen(int i, int j) const {
        return {rows.first_seen(i),    rows.seen_until(i), columns.first_seen(j),
                columns.seen_until(j), rows.dilation,      columns.dilation};
    }

    NI_FN Rectangle seeing(int i, int j) const {
        return {rows.first_seeing(i), rows.seeing_until(i), columns.first_seeing(j), columns.seeing_until(j), 1, 1};
    }
};

inline Axis axis_of(int64_t size, int64_t windows, int64_t kernel, int64_t stride, int64_t before, int64_t after,
                    int64_t dilation) {
    return {static_cast<int>(size),   static_cast<int>(windows), static_cast<int>(kernel),  static_cast<int>(stride),
            static_cast<int>(before), static_cast<int>(after),   static_cast<int>(dilation)};
}

}  // namespace NI_ISA_NAMESPACE

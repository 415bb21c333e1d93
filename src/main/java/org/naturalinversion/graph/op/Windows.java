package org.naturalinversion.graph.op;

import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.tensor.Shape;

/** How pooling windows lie on an image. */
final class Windows {
    private Windows() {}

    /**
     * The shape of what pooling makes of x: as many windows as fit the padded image or, with {@code
     * ceil}, one more if that one still begins in the image or the padding before it.
     *
     * @throws IllegalArgumentException if there is no window, or one that sees nothing of x
     */
    static Shape pooled(Shape x, Window w, boolean ceil) {
        int height =
                along(
                        x.dim(1),
                        w.kernelHeight(),
                        w.strideHeight(),
                        w.padTop(),
                        w.padBottom(),
                        w.dilationHeight(),
                        ceil);
        int width =
                along(
                        x.dim(2),
                        w.kernelWidth(),
                        w.strideWidth(),
                        w.padLeft(),
                        w.padRight(),
                        w.dilationWidth(),
                        ceil);
        return x.with(1, height).with(2, width);
    }

    private static int along(
            int size, int kernel, int stride, int before, int after, int dilation, boolean ceil) {
        Check.that(
                kernel > 0 && stride > 0 && before >= 0 && after >= 0 && dilation > 0,
                "a window of %d, stride %d, padding %d and %d, dilation %d",
                kernel,
                stride,
                before,
                after,
                dilation);
        int room = size + before + after - dilation * (kernel - 1) - 1;
        Check.that(room >= 0, "a window of %d is larger than the padded input", kernel);
        int windows = (ceil ? -Math.floorDiv(-room, stride) : room / stride) + 1;
        if (ceil && (windows - 1) * stride >= size + before) {
            windows--;
        }
        for (int i = 0; i < windows; i++) {
            Check.that(
                    sees(size, kernel, i * stride - before, dilation),
                    "a window of %d from %d on sees nothing of %d",
                    kernel,
                    i * stride - before,
                    size);
        }
        return windows;
    }

    private static boolean sees(int size, int kernel, int start, int dilation) {
        for (int t = 0; t < kernel; t++) {
            int position = start + t * dilation;
            if (position >= 0 && position < size) {
                return true;
            }
        }
        return false;
    }
}

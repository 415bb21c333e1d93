package org.naturalinversion.backend;

import org.naturalinversion.tensor.DType;

/**
 * A 2-d convolution, or with {@code transposed} its transpose (PyTorch's ConvTranspose2d without
 * output padding), and what is done to its result before it is stored: y =
 * activation(convolution(x) + bias + residual).
 *
 * @param batch N
 * @param height H of the input
 * @param width W of the input
 * @param inChannels I
 * @param outChannels O
 * @param window kernel, stride, padding, dilation
 * @param groups channels are split in this many groups, as by PyTorch
 * @param transposed whether this is the transposed convolution; weights are [O, I/groups, KH, KW]
 *     all the same
 * @param input storage type of x and of the gradients of x and y
 * @param output storage type of y and of the residual
 * @param bias whether a bias [O] is added
 * @param residual whether a tensor of the output's shape and type is added
 * @param activation applied last; one whose derivative follows from the result
 * @param tf32 whether float32 factors may be rounded to 10 bits of mantissa before they meet
 */
public record ConvolutionSpec(
        int batch,
        int height,
        int width,
        int inChannels,
        int outChannels,
        Window window,
        int groups,
        boolean transposed,
        DType input,
        DType output,
        boolean bias,
        boolean residual,
        Activation activation,
        boolean tf32) {

    /** Extents of a sliding window; padding as top, left, bottom, right. */
    public record Window(
            int kernelHeight,
            int kernelWidth,
            int strideHeight,
            int strideWidth,
            int padTop,
            int padLeft,
            int padBottom,
            int padRight,
            int dilationHeight,
            int dilationWidth) {

        /** A square window with the same stride and padding on all sides. */
        public static Window square(int kernel, int stride, int padding) {
            return new Window(
                    kernel, kernel, stride, stride, padding, padding, padding, padding, 1, 1);
        }

        /** Number of window positions along an input of the given height. */
        public int outHeight(int height) {
            return (height + padTop + padBottom - dilationHeight * (kernelHeight - 1) - 1)
                            / strideHeight
                    + 1;
        }

        /** Number of window positions along an input of the given width. */
        public int outWidth(int width) {
            return (width + padLeft + padRight - dilationWidth * (kernelWidth - 1) - 1)
                            / strideWidth
                    + 1;
        }
    }

    /** The same with another window. */
    public ConvolutionSpec over(Window other) {
        return new ConvolutionSpec(
                batch,
                height,
                width,
                inChannels,
                outChannels,
                other,
                groups,
                transposed,
                input,
                output,
                bias,
                residual,
                activation,
                tf32);
    }

    /** H of the output. */
    public int outHeight() {
        return transposed
                ? (height - 1) * window.strideHeight()
                        - window.padTop()
                        - window.padBottom()
                        + window.dilationHeight() * (window.kernelHeight() - 1)
                        + 1
                : window.outHeight(height);
    }

    /** W of the output. */
    public int outWidth() {
        return transposed
                ? (width - 1) * window.strideWidth()
                        - window.padLeft()
                        - window.padRight()
                        + window.dilationWidth() * (window.kernelWidth() - 1)
                        + 1
                : window.outWidth(width);
    }

    /** Window and extents, and element types, as in conv 3x3 s1 64x16x16x128->128 bf16->f32. */
    public String name(DType result) {
        boolean dilated = window.dilationHeight() * window.dilationWidth() > 1;
        return "%s %dx%d s%s%s%s %dx%dx%dx%d->%d %s"
                .formatted(
                        transposed ? "deconv" : "conv",
                        window.kernelHeight(),
                        window.kernelWidth(),
                        pair(window.strideHeight(), window.strideWidth()),
                        dilated ? " d" + pair(window.dilationHeight(), window.dilationWidth()) : "",
                        groups == 1 ? "" : " g" + groups,
                        batch,
                        height,
                        width,
                        inChannels,
                        outChannels,
                        DType.names(input, result));
    }

    private static String pair(int height, int width) {
        return height == width ? "" + height : height + "x" + width;
    }

    /** Number of weights. */
    public long weights() {
        return (long) outChannels
                * (inChannels / groups)
                * window.kernelHeight()
                * window.kernelWidth();
    }

    /** Multiplications and additions of one pass in any direction. */
    public double flops() {
        double positions = transposed ? (double) height * width : (double) outHeight() * outWidth();
        return 2.0 * batch * positions * weights();
    }
}

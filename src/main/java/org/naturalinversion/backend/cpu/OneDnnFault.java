package org.naturalinversion.backend.cpu;

import java.util.List;
import java.util.stream.IntStream;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.tensor.DType;

/**
 * What oneDNN 3.11 is known to compute wrongly, and the way around it. Found by comparing shapes
 * made by chance with the definition, in memory full of NaN; docs/adr/0016 tells the causes.
 *
 * <ul>
 *   <li>One column: a convolution whose output has one column and several rows, under a stride
 *       along the row. The rows of the input's copy are taken to lie further apart than they do,
 *       and all but the first are computed from memory that nobody wrote. Where there is one
 *       position, it makes no difference how far it would be to the next: such a convolution is
 *       asked for without the stride, or, where that would take negative padding, from another
 *       implementation.
 *   <li>Unreached input: a convolution of bfloat16, padded on the left, some of whose input on the
 *       right no window reaches. Two positions side by side are computed from, and written to,
 *       memory beyond their own. Another implementation is taken.
 *   <li>Unseen columns: the gradient of filters with a column that never meets the input, but only
 *       its padding. It is not set to 0, but left as memory was. Memory is cleared first.
 * </ul>
 */
final class OneDnnFault {
    private static final String FORWARD = "brg_conv_fwd";

    private OneDnnFault() {}

    /** The same convolution without a stride that makes no difference. */
    static ConvolutionSpec avoided(ConvolutionSpec spec) {
        Window window = spec.window();
        int padRight = window.padRight() - excess(spec);
        return !isOneColumn(spec) || padRight < 0
                ? spec
                : spec.over(
                        new Window(
                                window.kernelHeight(),
                                window.kernelWidth(),
                                window.strideHeight(),
                                1,
                                window.padTop(),
                                window.padLeft(),
                                window.padBottom(),
                                padRight,
                                window.dilationHeight(),
                                window.dilationWidth()));
    }

    /** Whether an implementation, by oneDNN's name for it, must not be taken. */
    static boolean isIn(String implementation, ConvolutionSpec spec, Direction direction) {
        boolean forward = direction == (spec.transposed() ? Direction.DATA : Direction.FORWARD);
        return forward
                && implementation.contains(FORWARD)
                && (isOneColumn(spec) || isUnreached(spec));
    }

    /**
     * Whether some of the gradients of filters may be left as memory was: by several
     * implementations, all for bfloat16.
     */
    static boolean leavesGaps(ConvolutionSpec spec) {
        return IntStream.range(0, spec.window().kernelWidth())
                .anyMatch(column -> !isSeen(spec, column));
    }

    /** What is avoided, a line for each fault. */
    static List<String> notes() {
        return List.of(
                FORWARD
                        + " is not used for outputs of one column and several rows with a"
                        + " stride, nor in bf16 if input on the right is unused: it"
                        + " would read uninitialised memory",
                "filter gradients over padding only are set to 0 here: oneDNN does not"
                        + " initialise them");
    }

    private static boolean isOneColumn(ConvolutionSpec spec) {
        return columns(spec) == 1
                && (spec.transposed() ? spec.height() : spec.outHeight()) > 1
                && spec.window().strideWidth() > 1;
    }

    private static boolean isUnreached(ConvolutionSpec spec) {
        return spec.input() == DType.BF16
                && spec.window().padLeft() > 0
                && spec.window().padRight() < excess(spec);
    }

    /** By how much the padded input is wider than all windows together. */
    private static int excess(ConvolutionSpec spec) {
        Window window = spec.window();
        int windows =
                (columns(spec) - 1) * window.strideWidth()
                        + window.dilationWidth() * (window.kernelWidth() - 1)
                        + 1;
        return wideWidth(spec) + window.padLeft() + window.padRight() - windows;
    }

    /** Whether a column of the window lies over the input anywhere, not always over padding. */
    private static boolean isSeen(ConvolutionSpec spec, int column) {
        Window window = spec.window();
        int first = column * window.dilationWidth() - window.padLeft();
        return IntStream.range(0, columns(spec))
                .map(position -> first + position * window.strideWidth())
                .anyMatch(x -> x >= 0 && x < wideWidth(spec));
    }

    /** Positions of the window along a row. */
    private static int columns(ConvolutionSpec spec) {
        return spec.transposed() ? spec.width() : spec.outWidth();
    }

    /** The width of what the window moves over. */
    private static int wideWidth(ConvolutionSpec spec) {
        return spec.transposed() ? spec.outWidth() : spec.width();
    }
}

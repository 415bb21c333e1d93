package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.backend.ConvolutionSpec.Window;

/**
 * A sliding window as plain numbers, for those who see no backend: height before width.
 *
 * @param kernel extents
 * @param stride steps
 * @param padding top, left, bottom, right
 * @param dilation distances between taps
 */
public record Sliding(
        List<Integer> kernel, List<Integer> stride, List<Integer> padding, List<Integer> dilation) {
    static Sliding of(Window w) {
        return new Sliding(
                List.of(w.kernelHeight(), w.kernelWidth()),
                List.of(w.strideHeight(), w.strideWidth()),
                List.of(w.padTop(), w.padLeft(), w.padBottom(), w.padRight()),
                List.of(w.dilationHeight(), w.dilationWidth()));
    }

    Window window() {
        return new Window(
                kernel.get(0),
                kernel.get(1),
                stride.get(0),
                stride.get(1),
                padding.get(0),
                padding.get(1),
                padding.get(2),
                padding.get(3),
                dilation.get(0),
                dilation.get(1));
    }
}

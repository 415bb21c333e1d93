package org.naturalinversion.graph.oracle;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.tensor.Shape;

/**
 * What pooling windows see. Window i starts at i stride - padding and has taps that are dilation
 * apart. They are as many as lie within the padded image; with ceil also the next one, if it is
 * partly in there and does not start in the padding after the image.
 */
final class PoolWindow {
    private PoolWindow() {}

    /** A window on an image. */
    record Case(String name, Window window, boolean ceil, Shape x) {}

    static List<Case> cases(boolean dilated) {
        List<Case> cases = new ArrayList<>();
        for (int c : new int[] {1, 3, 7, 33, 130}) {
            cases.add(of("halving, " + c + " channels", 2, 2, 0, false, 2, 6, 4, c));
        }
        cases.add(of("halving odd sizes", 2, 2, 0, false, 1, 7, 5, 7));
        cases.add(of("halving odd sizes up", 2, 2, 0, true, 1, 7, 5, 7));
        cases.add(of("3x3, stride 2, padded", 3, 2, 1, false, 2, 8, 7, 13));
        cases.add(of("3x3, stride 2, padded, up", 3, 2, 1, true, 2, 8, 7, 13));
        cases.add(of("3x3, stride 1", 3, 1, 1, false, 1, 4, 5, 7));
        cases.add(of("windows apart", 2, 3, 0, true, 1, 9, 10, 7));
        cases.add(of("a last window in the padding", 2, 2, 1, true, 1, 5, 4, 7));
        Window uneven = new Window(3, 2, 2, 1, 0, 1, 2, 0, 1, 1);
        cases.add(new Case("all sides different", uneven, true, Shape.of(2, 6, 5, 7)));
        if (dilated) {
            Window dilation = new Window(3, 2, 2, 1, 2, 1, 2, 1, 2, 3);
            cases.add(new Case("dilated", dilation, false, Shape.of(2, 8, 7, 5)));
        }
        return cases;
    }

    private static Case of(
            String name,
            int kernel,
            int stride,
            int padding,
            boolean ceil,
            int n,
            int h,
            int w,
            int c) {
        Window window = Window.square(kernel, stride, padding);
        return new Case(name, window, ceil, Shape.of(n, h, w, c));
    }

    static Shape pooled(Shape x, Window w, boolean ceil) {
        return x.with(
                        1,
                        count(
                                x.dim(1),
                                w.padTop(),
                                w.padBottom(),
                                w.strideHeight(),
                                (w.kernelHeight() - 1) * w.dilationHeight() + 1,
                                ceil))
                .with(
                        2,
                        count(
                                x.dim(2),
                                w.padLeft(),
                                w.padRight(),
                                w.strideWidth(),
                                (w.kernelWidth() - 1) * w.dilationWidth() + 1,
                                ceil));
    }

    private static int count(int size, int before, int after, int stride, int reach, boolean ceil) {
        int count = 0;
        for (int start = -before; ; start += stride) {
            boolean whole = start + reach <= size + after;
            boolean partly = start < size + after && start < size;
            // One window that is not whole counts, and only the one after the last whole one.
            boolean next = start - stride + reach < size + after;
            if (!whole && !(ceil && partly && next)) {
                return count;
            }
            count++;
        }
    }

    /** The positions of the image that window (i, j) sees. */
    static List<int[]> seen(Shape x, Window w, int i, int j) {
        List<int[]> seen = new ArrayList<>();
        for (int a = 0; a < w.kernelHeight(); a++) {
            for (int b = 0; b < w.kernelWidth(); b++) {
                int row = i * w.strideHeight() - w.padTop() + a * w.dilationHeight();
                int column = j * w.strideWidth() - w.padLeft() + b * w.dilationWidth();
                if (row >= 0 && row < x.get(1) && column >= 0 && column < x.get(2)) {
                    seen.add(new int[] {row, column});
                }
            }
        }
        return seen;
    }

    /** How many positions of the padded image window (i, j) sees. */
    static int seenWithPadding(Shape x, Window w, int i, int j) {
        int count = 0;
        for (int a = 0; a < w.kernelHeight(); a++) {
            for (int b = 0; b < w.kernelWidth(); b++) {
                boolean rows = i * w.strideHeight() - w.padTop() + a < x.get(1) + w.padBottom();
                boolean columns = j * w.strideWidth() - w.padLeft() + b < x.get(2) + w.padRight();
                count += rows && columns ? 1 : 0;
            }
        }
        return count;
    }
}

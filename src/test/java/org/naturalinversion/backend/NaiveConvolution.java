package org.naturalinversion.backend;

import org.naturalinversion.backend.ConvolutionSpec.Window;

/**
 * Convolution by definition: all products of one element of x, one of w and one of y, found by
 * plain loops.
 */
public final class NaiveConvolution {
    private final ConvolutionSpec spec;

    /** A sum of products and the sum of their absolute values, which rounding errors scale with. */
    public record Sums(double[] values, double[] magnitudes) {
        private Sums(long size) {
            this(new double[Math.toIntExact(size)], new double[Math.toIntExact(size)]);
        }

        private void add(int at, double product) {
            values[at] += product;
            magnitudes[at] += Math.abs(product);
        }
    }

    @FunctionalInterface
    private interface Term {
        void visit(int x, int w, int y);
    }

    public NaiveConvolution(ConvolutionSpec spec) {
        this.spec = spec;
    }

    public long inputs() {
        return (long) spec.batch() * spec.height() * spec.width() * spec.inChannels();
    }

    public long outputs() {
        return (long) spec.batch() * spec.outHeight() * spec.outWidth() * spec.outChannels();
    }

    public Sums forward(float[] x, float[] w) {
        Sums y = new Sums(outputs());
        visit((xi, wi, yi) -> y.add(yi, (double) x[xi] * w[wi]));
        return y;
    }

    /** With bias and residual, where they are not null, and the activation. */
    public Sums forward(float[] x, float[] w, float[] bias, float[] residual) {
        Sums y = forward(x, w);
        for (int i = 0; i < y.values.length; i++) {
            if (bias != null) {
                y.add(i, bias[i % bias.length]);
            }
            if (residual != null) {
                y.add(i, residual[i]);
            }
            y.values[i] = activated(y.values[i], spec.activation());
        }
        return y;
    }

    public Sums data(float[] gy, float[] w) {
        Sums gx = new Sums(inputs());
        visit((xi, wi, yi) -> gx.add(xi, (double) gy[yi] * w[wi]));
        return gx;
    }

    public Sums weights(float[] x, float[] gy) {
        Sums gw = new Sums(spec.weights());
        visit((xi, wi, yi) -> gw.add(wi, (double) x[xi] * gy[yi]));
        return gw;
    }

    public Sums bias(float[] gy) {
        Sums gb = new Sums(spec.outChannels());
        for (int i = 0; i < gy.length; i++) {
            gb.add(i % spec.outChannels(), gy[i]);
        }
        return gb;
    }

    public static double activated(double x, Activation activation) {
        return switch (activation.kind()) {
            case RELU -> Math.max(x, 0);
            case LEAKY_RELU -> x > 0 ? x : x * activation.slope();
            case RELU6 -> Math.min(Math.max(x, 0), 6);
            default -> x;
        };
    }

    private void visit(Term term) {
        for (int n = 0; n < spec.batch(); n++) {
            for (int o = 0; o < spec.outChannels(); o++) {
                for (int i = 0; i < spec.inChannels() / spec.groups(); i++) {
                    visit(n, o, i, term);
                }
            }
        }
    }

    /**
     * The window slides along the output of a convolution and along the input of its transpose;
     * what it covers lies in the other.
     */
    private void visit(int n, int o, int i, Term term) {
        Window window = spec.window();
        boolean flip = spec.transposed();
        int height = flip ? spec.height() : spec.outHeight();
        int width = flip ? spec.width() : spec.outWidth();
        int coveredHeight = flip ? spec.outHeight() : spec.height();
        int coveredWidth = flip ? spec.outWidth() : spec.width();
        int inputs = spec.inChannels() / spec.groups();
        int channel = o / (spec.outChannels() / spec.groups()) * inputs + i;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                for (int kh = 0; kh < window.kernelHeight(); kh++) {
                    for (int kw = 0; kw < window.kernelWidth(); kw++) {
                        int r =
                                row * window.strideHeight()
                                        - window.padTop()
                                        + kh * window.dilationHeight();
                        int c =
                                column * window.strideWidth()
                                        - window.padLeft()
                                        + kw * window.dilationWidth();
                        if (r < 0 || c < 0 || r >= coveredHeight || c >= coveredWidth) {
                            continue;
                        }
                        int slid = (n * height + row) * width + column;
                        int covered = (n * coveredHeight + r) * coveredWidth + c;
                        term.visit(
                                (flip ? slid : covered) * spec.inChannels() + channel,
                                ((o * inputs + i) * window.kernelHeight() + kh)
                                                * window.kernelWidth()
                                        + kw,
                                (flip ? covered : slid) * spec.outChannels() + o);
                    }
                }
            }
        }
    }
}

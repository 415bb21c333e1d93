package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;
import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.tensor.Shape;

/**
 * y[n, i, j, o] = activation(bias[o] + residual[n, i, j, o] + sum over c, a, b of w[o, c, a, b]
 * x[n, y, x, c']), where c' is channel c of o's group, and (y, x) is position (i, j) with tap (a,
 * b): position * stride - pad + tap * dilation. For the transposed convolution that equation holds
 * with the two images' positions exchanged.
 */
final class Conv2dOracle implements Oracle<Conv2d> {
    @Override
    public List<Reals> define(Conv2d op, List<Reals> in) {
        Reals x = in.get(0);
        Reals w = in.get(1);
        Window win = op.window();
        int perGroup = w.dim(0) / op.groups();
        Shape shape =
                Shape.of(
                        x.dim(0),
                        extent(
                                op.transposed(),
                                x.dim(1),
                                win.kernelHeight(),
                                win.strideHeight(),
                                win.padTop() + win.padBottom(),
                                win.dilationHeight()),
                        extent(
                                op.transposed(),
                                x.dim(2),
                                win.kernelWidth(),
                                win.strideWidth(),
                                win.padLeft() + win.padRight(),
                                win.dilationWidth()),
                        w.dim(0));
        return List.of(
                Reals.of(
                        shape,
                        at -> {
                            int n = at[0];
                            int o = at[3];
                            Real sum = op.bias() ? in.get(2).at(o) : Real.ZERO;
                            for (int a = 0; a < w.dim(2); a++) {
                                int i = row(op, at[1], a);
                                for (int b = 0; b < w.dim(3); b++) {
                                    int j = column(op, at[2], b);
                                    if (i < 0 || i >= x.dim(1) || j < 0 || j >= x.dim(2)) {
                                        continue;
                                    }
                                    for (int c = 0; c < w.dim(1); c++) {
                                        int from = o / perGroup * w.dim(1) + c;
                                        Real product = w.at(o, c, a, b).times(x.at(n, i, j, from));
                                        sum = sum.plus(product);
                                    }
                                }
                            }
                            if (op.residual()) {
                                sum = sum.plus(in.get(in.size() - 1).at(at));
                            }
                            return ActivateOracle.apply(op.activation(), sum);
                        }));
    }

    private static int row(Conv2d op, int i, int tap) {
        Window w = op.window();
        return position(op.transposed(), i, tap, w.strideHeight(), w.padTop(), w.dilationHeight());
    }

    private static int column(Conv2d op, int j, int tap) {
        Window w = op.window();
        return position(op.transposed(), j, tap, w.strideWidth(), w.padLeft(), w.dilationWidth());
    }

    /** Which position of x an output position and a tap belong to; -1 for none. */
    private static int position(
            boolean transposed, int out, int tap, int stride, int pad, int dilation) {
        if (!transposed) {
            return out * stride - pad + tap * dilation;
        }
        int strided = out + pad - tap * dilation;
        return strided % stride == 0 ? strided / stride : -1;
    }

    private static int extent(
            boolean transposed, int size, int kernel, int stride, int pad, int dilation) {
        int reach = dilation * (kernel - 1) + 1;
        return transposed ? (size - 1) * stride - pad + reach : (size + pad - reach) / stride + 1;
    }

    // ---- cases --------------------------------------------------------------------------------

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        windows(cases);
        groups(cases);
        transposed(cases);
        epilogues(cases);
        frozen(cases);
        return cases;
    }

    private void windows(List<OpCase> cases) {
        cases.add(plain("3x3, 3 to 7", 3, 1, 1, 3, 7, 2, 5, 6));
        cases.add(plain("3x3, 33 to 13", 3, 1, 1, 33, 13, 1, 4, 3));
        cases.add(plain("1x1, 13 to 33", 1, 1, 0, 13, 33, 3, 3, 5));
        cases.add(plain("1x1 on images", 1, 1, 0, 3, 3, 2, 5, 7));
        cases.add(plain("3x3 to images", 3, 1, 1, 7, 3, 2, 5, 4));
        cases.add(plain("stride 2", 3, 2, 1, 7, 13, 2, 7, 5));
        cases.add(plain("1x1, stride 2", 1, 2, 0, 7, 13, 2, 5, 7));
        cases.add(plain("7x7, stride 2", 7, 2, 3, 3, 13, 1, 9, 11));
        cases.add(plain("kernel as large as the image", 5, 1, 0, 7, 5, 2, 5, 5));
        Window dilated = new Window(3, 3, 1, 1, 2, 2, 2, 2, 2, 2);
        cases.add(window("dilation 2", dilated, 5, 7, 2, 6, 7));
        Window uneven = new Window(3, 2, 2, 1, 0, 1, 2, 0, 1, 1);
        cases.add(window("all sides different", uneven, 5, 7, 2, 6, 7));
        Window row = new Window(1, 5, 1, 1, 0, 2, 0, 2, 1, 1);
        cases.add(window("1x5", row, 3, 5, 2, 4, 7));
    }

    private void groups(List<OpCase> cases) {
        cases.add(grouped("2 groups", 2, false, 6, 10));
        cases.add(grouped("depthwise", 13, false, 13, 13));
        cases.add(grouped("depthwise, 32 channels", 32, false, 32, 32));
        cases.add(grouped("depthwise with multiplier", 5, false, 5, 10));
    }

    private void transposed(List<OpCase> cases) {
        Window doubling = Window.square(4, 2, 1);
        cases.add(
                of(
                        "transposed, doubling",
                        new Conv2d(doubling, 1, true, true, false, Activation.IDENTITY),
                        Tolerance.SUM,
                        feature(Range.NORMAL, 2, 4, 3, 7),
                        parameter(Range.NORMAL, 13, 7, 4, 4),
                        parameter(Range.NORMAL, 13)));
        cases.add(
                of(
                        "transposed, stride 1",
                        new Conv2d(
                                Window.square(3, 1, 1), 1, true, false, false, Activation.IDENTITY),
                        Tolerance.SUM,
                        feature(Range.NORMAL, 1, 5, 3, 5),
                        parameter(Range.NORMAL, 7, 5, 3, 3)));
        cases.add(grouped("transposed, 2 groups", 2, true, 6, 10));
    }

    private void epilogues(List<OpCase> cases) {
        for (Activation f : List.of(Activation.RELU, Activation.leakyRelu(0.2), Activation.RELU6)) {
            boolean cut = f.kind() == Activation.Kind.RELU6;
            Tolerance bound = cut ? Tolerance.CUT : Tolerance.SUM;
            cases.add(
                    of(
                            f.kind() + " after it",
                            new Conv2d(Window.square(3, 1, 1), 1, false, true, false, f),
                            bound,
                            feature(Range.NORMAL, 2, 4, 5, 7),
                            parameter(Range.normal(0, 0.5), 13, 7, 3, 3),
                            parameter(Range.NORMAL, 13)));
            cases.add(
                    of(
                            "residual and " + f.kind(),
                            new Conv2d(Window.square(3, 2, 1), 1, false, true, true, f),
                            bound,
                            feature(Range.NORMAL, 2, 6, 5, 7),
                            constant(Range.normal(0, 0.5), 13, 7, 3, 3),
                            constant(Range.NORMAL, 13),
                            feature(Range.NORMAL, 2, 3, 3, 13)));
        }
        cases.add(
                of(
                        "residual that is stored exactly",
                        new Conv2d(
                                Window.square(1, 1, 0), 1, false, false, true, Activation.IDENTITY),
                        Tolerance.SUM,
                        feature(Range.NORMAL, 2, 3, 4, 7),
                        parameter(Range.NORMAL, 5, 7, 1, 1),
                        parameter(Range.NORMAL, 2, 3, 4, 5)));
    }

    private void frozen(List<OpCase> cases) {
        Conv2d op = Conv2d.of(3, 1, 1, true);
        Operand x = feature(Range.NORMAL, 2, 5, 4, 7);
        Operand w = parameter(Range.NORMAL, 5, 7, 3, 3);
        Operand b = parameter(Range.NORMAL, 5);
        Operand frozen = w.as(Operand.Role.CONSTANT);
        cases.add(of("frozen weights", op, Tolerance.SUM, x, frozen, b));
        cases.add(of("frozen bias", op, Tolerance.SUM, x, w, b.as(Operand.Role.CONSTANT)));
        cases.add(of("frozen input", op, Tolerance.SUM, x.as(Operand.Role.CONSTANT), w, b));
        Operand exact = parameter(Range.NORMAL, 2, 5, 4, 7);
        cases.add(of("input that is stored exactly", op, Tolerance.SUM, exact, w, b));
    }

    private OpCase plain(
            String name, int kernel, int stride, int pad, int in, int out, int n, int h, int w) {
        return window(name, Window.square(kernel, stride, pad), in, out, n, h, w);
    }

    private OpCase window(String name, Window window, int in, int out, int n, int h, int w) {
        return of(
                name,
                new Conv2d(window, 1, false, true, false, Activation.IDENTITY),
                Tolerance.SUM,
                feature(Range.NORMAL, n, h, w, in),
                parameter(Range.NORMAL, out, in, window.kernelHeight(), window.kernelWidth()),
                parameter(Range.NORMAL, out));
    }

    private OpCase grouped(String name, int groups, boolean transposed, int in, int out) {
        return of(
                name,
                new Conv2d(
                        Window.square(3, 2, 1),
                        groups,
                        transposed,
                        true,
                        false,
                        Activation.IDENTITY),
                Tolerance.SUM,
                feature(Range.NORMAL, 2, 5, 4, in),
                parameter(Range.NORMAL, out, in / groups, 3, 3),
                parameter(Range.NORMAL, out));
    }
}

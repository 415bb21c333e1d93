package org.naturalinversion.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.tensor.DType;

/** Convolutions to test with. */
final class ConvolutionSpecs {
    private ConvolutionSpecs() {}

    /** Everything that can be odd about a shape, in both precisions. */
    static Stream<ConvolutionSpec> shapes() {
        Window same3 = Window.square(3, 1, 1);
        Window down3 = Window.square(3, 2, 1);
        Window point = Window.square(1, 1, 0);
        Window up4 = Window.square(4, 2, 1);
        Window up2 = Window.square(2, 2, 0);
        Window odd = new Window(3, 2, 2, 1, 0, 2, 1, 0, 1, 1);
        Window wide = new Window(3, 3, 1, 1, 2, 2, 2, 2, 2, 2);
        Window thin = new Window(2, 4, 1, 1, 1, 0, 0, 2, 1, 1);
        Window lopsided = new Window(5, 1, 1, 3, 3, 0, 1, 0, 1, 1);
        List<ConvolutionSpec> specs =
                List.of(
                        plain(1, 5, 7, 1, 1, same3, 1),
                        plain(2, 6, 5, 3, 7, same3, 1),
                        plain(2, 8, 8, 16, 16, same3, 1),
                        plain(1, 9, 7, 13, 33, down3, 1),
                        plain(2, 8, 8, 33, 13, down3, 1),
                        plain(2, 7, 7, 33, 3, same3, 1),
                        plain(2, 6, 8, 33, 3, same3, 1),
                        plain(1, 5, 12, 3, 16, same3, 1),
                        plain(2, 4, 4, 3, 2, same3, 1),
                        plain(1, 6, 9, 16, 1, thin, 1),
                        plain(2, 6, 7, 4, 17, thin, 1),
                        plain(1, 6, 8, 18, 3, point, 1),
                        plain(2, 5, 6, 7, 13, point, 1),
                        plain(1, 7, 7, 13, 7, Window.square(1, 2, 0), 1),
                        plain(2, 9, 8, 3, 13, odd, 1),
                        plain(1, 11, 10, 7, 3, wide, 1),
                        plain(1, 8, 10, 13, 3, lopsided, 1),
                        plain(1, 12, 12, 3, 16, Window.square(7, 2, 3), 1),
                        plain(2, 7, 6, 9, 12, same3, 3),
                        plain(1, 7, 7, 21, 39, down3, 3),
                        plain(2, 7, 5, 13, 13, same3, 13),
                        plain(1, 8, 8, 33, 33, down3, 33),
                        plain(1, 6, 6, 7, 14, same3, 7),
                        transposed(2, 4, 5, 13, 7, up4, 1),
                        transposed(1, 5, 3, 33, 3, up4, 1),
                        transposed(2, 4, 4, 16, 32, up4, 1),
                        transposed(2, 3, 4, 7, 13, up2, 1),
                        transposed(1, 5, 6, 3, 1, same3, 1),
                        transposed(1, 5, 4, 13, 33, same3, 1),
                        transposed(1, 4, 3, 7, 3, new Window(4, 3, 2, 1, 1, 0, 0, 1, 1, 2), 1),
                        transposed(1, 4, 5, 9, 6, up4, 3),
                        transposed(1, 4, 5, 7, 7, up4, 7));
        return specs.stream()
                .flatMap(
                        s ->
                                Stream.of(
                                        s,
                                        typed(s, DType.BF16, DType.BF16),
                                        typed(s, DType.BF16, DType.F32)));
    }

    /** Bias, residual and activation in all combinations. */
    static Stream<ConvolutionSpec> epilogues() {
        List<ConvolutionSpec> specs = new ArrayList<>();
        for (ConvolutionSpec s :
                List.of(
                        plain(2, 5, 6, 13, 7, Window.square(3, 1, 1), 1),
                        plain(1, 6, 6, 6, 6, Window.square(3, 2, 1), 6),
                        plain(2, 5, 8, 13, 3, Window.square(3, 1, 1), 1),
                        transposed(1, 4, 3, 7, 13, Window.square(4, 2, 1), 1))) {
            for (int bits = 0; bits < 4; bits++) {
                for (Activation activation :
                        List.of(
                                Activation.IDENTITY,
                                Activation.RELU,
                                Activation.RELU6,
                                Activation.leakyRelu(0.2))) {
                    ConvolutionSpec with =
                            finished(s, (bits & 1) != 0, (bits & 2) != 0, activation);
                    specs.add(with);
                    specs.add(typed(with, DType.BF16, DType.BF16));
                    specs.add(typed(with, DType.BF16, DType.F32));
                }
            }
        }
        return specs.stream();
    }

    static ConvolutionSpec plain(int n, int h, int w, int in, int out, Window window, int groups) {
        return new ConvolutionSpec(
                n,
                h,
                w,
                in,
                out,
                window,
                groups,
                false,
                DType.F32,
                DType.F32,
                false,
                false,
                Activation.IDENTITY,
                false);
    }

    static ConvolutionSpec transposed(
            int n, int h, int w, int in, int out, Window window, int groups) {
        return new ConvolutionSpec(
                n,
                h,
                w,
                in,
                out,
                window,
                groups,
                true,
                DType.F32,
                DType.F32,
                false,
                false,
                Activation.IDENTITY,
                false);
    }

    static ConvolutionSpec typed(ConvolutionSpec s, DType input, DType output) {
        return new ConvolutionSpec(
                s.batch(),
                s.height(),
                s.width(),
                s.inChannels(),
                s.outChannels(),
                s.window(),
                s.groups(),
                s.transposed(),
                input,
                output,
                s.bias(),
                s.residual(),
                s.activation(),
                false);
    }

    static ConvolutionSpec finished(
            ConvolutionSpec s, boolean bias, boolean residual, Activation activation) {
        return new ConvolutionSpec(
                s.batch(),
                s.height(),
                s.width(),
                s.inChannels(),
                s.outChannels(),
                s.window(),
                s.groups(),
                s.transposed(),
                s.input(),
                s.output(),
                bias,
                residual,
                activation,
                false);
    }
}

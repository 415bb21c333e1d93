package org.naturalinversion.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.tensor.DType;

/** What every backend's convolutions compute. */
public abstract class ConvolutionContract {
    protected static Bench bench;

    @AfterAll
    static void close() {
        bench.close();
    }

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
        Window leap = new Window(3, 6, 1, 4, 1, 1, 1, 1, 1, 1);
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
                        plain(2, 5, 4, 7, 3, same3, 1),
                        plain(3, 5, 9, 32, 17, new Window(4, 5, 1, 4, 3, 3, 0, 0, 1, 1), 1),
                        plain(2, 5, 4, 7, 12, leap, 1),
                        plain(2, 5, 4, 14, 12, leap, 2),
                        transposed(2, 5, 1, 12, 7, leap, 1),
                        transposed(2, 5, 1, 12, 14, leap, 2),
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

    @ParameterizedTest
    @MethodSource({"shapes", "epilogues"})
    protected void convolves(ConvolutionSpec spec) {
        NaiveConvolution naive = new NaiveConvolution(spec);
        float[] x = bench.random(naive.inputs(), spec.input());
        float[] w = bench.random(spec.weights(), spec.input());
        float[] bias = spec.bias() ? bench.random(spec.outChannels(), DType.F32) : null;
        float[] residual = spec.residual() ? bench.random(naive.outputs(), spec.output()) : null;
        NaiveConvolution.Sums expected = naive.forward(x, w, bias, residual);

        try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
            Memory y = bench.memory(naive.outputs() * spec.output().bytes());
            List<Object> arguments = new ArrayList<>();
            arguments.add(bench.put(spec.input(), x));
            arguments.add(packed(convolution, Direction.FORWARD, w));
            if (bias != null) {
                arguments.add(bench.put(DType.F32, bias));
            }
            if (residual != null) {
                arguments.add(bench.put(spec.output(), residual));
            }
            arguments.add(y);
            arguments.add(bench.scratch(convolution.scratchBytes(Direction.FORWARD)));
            convolution.forward().bind(arguments).run();
            assertClose(bench.get(y, spec.output()), expected, tolerance(spec.output()));
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    protected void findsTheInputsGradient(ConvolutionSpec spec) {
        NaiveConvolution naive = new NaiveConvolution(spec);
        float[] gy = bench.random(naive.outputs(), spec.input());
        float[] w = bench.random(spec.weights(), spec.input());
        try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
            Memory gx = bench.memory(naive.inputs() * spec.input().bytes());
            convolution
                    .dataGradient()
                    .bind(
                            Arrays.asList(
                                    bench.put(spec.input(), gy),
                                    packed(convolution, Direction.DATA, w),
                                    gx,
                                    bench.scratch(convolution.scratchBytes(Direction.DATA))))
                    .run();
            assertClose(bench.get(gx, spec.input()), naive.data(gy, w), tolerance(spec.input()));
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    protected void findsTheGradientsOfWeightsAndBias(ConvolutionSpec shape) {
        for (boolean bias : new boolean[] {false, true}) {
            ConvolutionSpec spec = finished(shape, bias, false, Activation.IDENTITY);
            NaiveConvolution naive = new NaiveConvolution(spec);
            float[] x = bench.random(naive.inputs(), spec.input());
            float[] gy = bench.random(naive.outputs(), spec.input());
            try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
                Memory packed = bench.memory(convolution.packedBytes(Direction.WEIGHTS));
                Memory gw = bench.memory(4 * spec.weights());
                Memory gb = bench.memory(4L * spec.outChannels());
                List<Object> arguments =
                        new ArrayList<>(
                                List.of(
                                        bench.put(spec.input(), x),
                                        bench.put(spec.input(), gy),
                                        packed));
                if (bias) {
                    arguments.add(gb);
                }
                arguments.add(bench.scratch(convolution.scratchBytes(Direction.WEIGHTS)));
                convolution.weightGradient().bind(arguments).run();
                convolution.unpack().bind(List.of(packed, gw)).run();
                assertClose(
                        bench.get(gw, DType.F32),
                        naive.weights(x, gy),
                        tolerance(filterGradients(spec)));
                if (bias) {
                    assertClose(bench.get(gb, DType.F32), naive.bias(gy), tolerance(DType.F32));
                }
            }
        }
    }

    /** What the gradients of filters are rounded to; their sums are float32 in any case. */
    protected DType filterGradients(ConvolutionSpec spec) {
        return DType.F32;
    }

    @Test
    void saysWhatItDoes() {
        ConvolutionSpec spec =
                typed(plain(2, 8, 8, 32, 16, Window.square(3, 1, 1), 1), DType.BF16, DType.F32);
        try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
            assertThat(convolution.forward().name())
                    .startsWith("conv 3x3 s1 2x8x8x32->16 bf16->f32 ");
            assertThat(convolution.weightGradient().name())
                    .startsWith("weights conv 3x3 s1 2x8x8x32->16 bf16");
            assertThat(convolution.forward().flops()).isEqualTo(2.0 * 2 * 64 * 16 * 32 * 9);
            assertThat(convolution.forward().signature()).isEqualTo("rrww");
            assertThat(convolution.dataGradient().signature()).isEqualTo("rrww");
            assertThat(convolution.weightGradient().signature()).isEqualTo("rrww");
        }
    }

    protected static Memory packed(Convolution convolution, Direction direction, float[] w) {
        Memory packed = bench.memory(convolution.packedBytes(direction));
        Routine pack = convolution.pack(direction);
        pack.bind(List.of(bench.put(DType.F32, w), packed)).run();
        return packed;
    }

    private static double tolerance(DType stored) {
        return stored == DType.F32 ? 1e-5 : 1e-2;
    }

    private static void assertClose(
            float[] found, NaiveConvolution.Sums expected, double tolerance) {
        assertThat(found).hasSameSizeAs(expected.values());
        for (int i = 0; i < found.length; i++) {
            double error = Math.abs(found[i] - expected.values()[i]);
            if (!(error <= tolerance * expected.magnitudes()[i] + 1e-30)) {
                throw new AssertionError(
                        "element %d is %g, not %g (sum of magnitudes %g)"
                                .formatted(
                                        i,
                                        found[i],
                                        expected.values()[i],
                                        expected.magnitudes()[i]));
            }
        }
    }

    public static ConvolutionSpec plain(
            int n, int h, int w, int in, int out, Window window, int groups) {
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

    public static ConvolutionSpec transposed(
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

    public static ConvolutionSpec typed(ConvolutionSpec s, DType input, DType output) {
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

    public static ConvolutionSpec finished(
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

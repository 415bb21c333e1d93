package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.naturalinversion.backend.ConvolutionContract.finished;
import static org.naturalinversion.backend.ConvolutionContract.plain;
import static org.naturalinversion.backend.ConvolutionContract.transposed;
import static org.naturalinversion.backend.ConvolutionContract.typed;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Activation.Kind;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Bench;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.NaiveConvolution;
import org.naturalinversion.tensor.DType;

/** Our own convolution kernels, as the routines of a convolution are made of them. */
class ConvolutionKernelsTest {
    private static final String CONTRACT = "org.naturalinversion.backend.ConvolutionContract";

    private static Bench bench;

    @BeforeAll
    static void open() {
        bench = bench(2);
    }

    @AfterAll
    static void close() {
        bench.close();
    }

    private static Bench bench(int threads) {
        return new Bench(new CpuProvider().open(0, threads));
    }

    /**
     * Channels that fill vectors, that come in threes, and alone; windows that see next to nothing.
     */
    static Stream<ConvolutionSpec> vectors() {
        Window same3 = Window.square(3, 1, 1);
        Window apart = new Window(3, 3, 3, 3, 1, 0, 2, 3, 1, 1);
        Window dilated = new Window(3, 3, 2, 1, 3, 1, 0, 2, 2, 3);
        Window up4 = Window.square(4, 2, 1);
        List<ConvolutionSpec> specs =
                List.of(
                        plain(3, 1, 1, 5, 17, same3, 1),
                        plain(1, 1, 1, 1, 1, Window.square(1, 1, 0), 1),
                        plain(2, 1, 1, 32, 16, same3, 1),
                        plain(2, 7, 5, 3, 32, same3, 1),
                        plain(2, 7, 5, 32, 3, same3, 1),
                        plain(1, 6, 7, 5, 3, apart, 1),
                        plain(2, 8, 9, 32, 64, apart, 2),
                        plain(2, 8, 9, 10, 6, apart, 2),
                        plain(1, 7, 8, 32, 10, dilated, 2),
                        plain(1, 7, 8, 32, 32, dilated, 32),
                        plain(2, 6, 6, 17, 34, same3, 17),
                        plain(2, 8, 6, 16, 48, Window.square(4, 2, 1), 1),
                        transposed(1, 4, 3, 32, 64, up4, 2),
                        transposed(2, 3, 5, 16, 3, up4, 1),
                        transposed(1, 1, 1, 5, 17, up4, 1),
                        transposed(2, 3, 2, 32, 32, dilated, 32),
                        transposed(1, 4, 3, 10, 6, apart, 2));
        return specs.stream()
                .flatMap(
                        s ->
                                Stream.of(
                                        s,
                                        typed(s, DType.F32, DType.BF16),
                                        typed(s, DType.BF16, DType.BF16),
                                        typed(s, DType.BF16, DType.F32)));
    }

    /** Epilogues of whole vectors. */
    static Stream<ConvolutionSpec> finishedVectors() {
        return vectors()
                .flatMap(
                        s ->
                                Stream.of(
                                        finished(s, true, true, Activation.RELU),
                                        finished(s, true, false, Activation.leakyRelu(0.2)),
                                        finished(s, false, true, Activation.RELU6)));
    }

    @ParameterizedTest
    @MethodSource({
        "vectors",
        "finishedVectors",
        CONTRACT + "#shapes",
        CONTRACT + "#epilogues",
    })
    void convolves(ConvolutionSpec spec) {
        NaiveConvolution naive = new NaiveConvolution(spec);
        float[] x = bench.random(naive.inputs(), spec.input());
        float[] w = bench.random(spec.weights(), spec.input());
        float[] bias = spec.bias() ? bench.random(spec.outChannels(), DType.F32) : null;
        float[] residual = spec.residual() ? bench.random(naive.outputs(), spec.output()) : null;
        Guarded y = new Guarded(naive.outputs(), spec.output());
        run(
                spec.transposed() ? "convolution_data_gradient" : "convolution_forward",
                spec.input().code(),
                spec.output().code(),
                bench.put(spec.input(), x),
                packed(spec, w),
                bias == null ? null : bench.put(DType.F32, bias),
                residual == null ? null : bench.put(spec.output(), residual),
                y.memory(),
                extents(spec),
                spec.activation().kind().ordinal(),
                spec.activation().slope());
        y.assertClose(naive.forward(x, w, bias, residual));
    }

    @ParameterizedTest
    @MethodSource({"vectors", CONTRACT + "#shapes"})
    void findsTheInputsGradient(ConvolutionSpec spec) {
        NaiveConvolution naive = new NaiveConvolution(spec);
        float[] gy = bench.random(naive.outputs(), spec.input());
        float[] w = bench.random(spec.weights(), spec.input());
        Guarded gx = new Guarded(naive.inputs(), spec.input());
        run(
                spec.transposed() ? "convolution_forward" : "convolution_data_gradient",
                spec.input().code(),
                spec.input().code(),
                bench.put(spec.input(), gy),
                packed(spec, w),
                null,
                null,
                gx.memory(),
                extents(spec),
                Kind.IDENTITY.ordinal(),
                0.0);
        gx.assertClose(naive.data(gy, w));
    }

    @ParameterizedTest
    @MethodSource({"vectors", CONTRACT + "#shapes"})
    void findsTheWeightsGradient(ConvolutionSpec spec) {
        NaiveConvolution naive = new NaiveConvolution(spec);
        float[] x = bench.random(naive.inputs(), spec.input());
        float[] gy = bench.random(naive.outputs(), spec.input());
        NaiveConvolution.Sums expected = naive.weights(x, gy);
        for (int parts : new int[] {1, 2, 7, 64}) {
            weightGradient(bench, spec, x, gy, parts).assertClose(expected);
        }
    }

    @Test
    void weightsDoNotDependOnThreads() {
        ConvolutionSpec spec = plain(2, 9, 8, 5, 13, Window.square(3, 1, 1), 1);
        NaiveConvolution naive = new NaiveConvolution(spec);
        float[] x = bench.random(naive.inputs(), DType.F32);
        float[] gy = bench.random(naive.outputs(), DType.F32);
        float[] expected = weightGradient(bench, spec, x, gy, 64).values();
        for (int threads : new int[] {1, 3}) {
            try (Bench other = bench(threads)) {
                assertThat(weightGradient(other, spec, x, gy, 64).values()).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void packsFilters(DType type) {
        int[][] shapes = {
            {1, 1, 1, 1, 1},
            {5, 3, 9, 1, 1},
            {16, 32, 9, 1, 1},
            {6, 10, 4, 2, 1},
            {17, 17, 9, 17, 1}
        };
        for (int[] s : shapes) {
            for (int turned = 0; turned < 2; turned++) {
                int o = s[0];
                int inputs = s[1] / s[3];
                int outputs = o / s[3];
                int hw = s[2];
                Object[] extents = {o, s[1], hw, s[3], turned};
                float[] w = bench.random((long) o * inputs * hw, type);
                float[] expected = new float[w.length];
                for (int k = 0; k < o; k++) {
                    for (int i = 0; i < inputs; i++) {
                        for (int p = 0; p < hw; p++) {
                            int at =
                                    turned == 0
                                            ? (k * hw + p) * inputs + i
                                            : ((k / outputs * inputs + i) * hw + p) * outputs
                                                    + k % outputs;
                            expected[at] = w[(k * inputs + i) * hw + p];
                        }
                    }
                }
                Guarded y = new Guarded(w.length, type);
                run("filters_pack", type.code(), bench.put(DType.F32, w), y.memory(), extents);
                assertThat(y.values()).isEqualTo(expected);
                Guarded back = new Guarded(w.length, DType.F32);
                run("filters_unpack", type.code(), y.memory(), back.memory(), extents);
                assertThat(back.values()).isEqualTo(w);
            }
        }
    }

    @Test
    void roundsFiltersOnce() {
        float[] w = bench.random(3 * 5 * 9, DType.F32);
        Guarded y = new Guarded(w.length, DType.BF16);
        run("filters_pack", DType.BF16.code(), bench.put(DType.F32, w), y.memory(), 3, 5, 9, 1, 0);
        for (int e = 0; e < w.length; e++) {
            float rounded = Bench.rounded(w[e / 45 * 45 + e % 5 * 9 + e / 5 % 9], DType.BF16);
            assertThat(y.values()[e]).isEqualTo(rounded);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 37, 64})
    void finishesWhatOthersConvolve(int c) {
        List<Activation> activations =
                List.of(
                        Activation.IDENTITY,
                        Activation.RELU,
                        Activation.leakyRelu(0.2),
                        Activation.RELU6);
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int choice = 0; choice < 16; choice++) {
                int rows = choice % 4 == 0 ? 1 : 701;
                Activation activation = activations.get(choice / 4);
                float[] bias = choice % 2 == 0 ? null : bench.random(c, DType.F32);
                float[] residual = choice / 2 % 2 == 0 ? null : bench.random((long) rows * c, type);
                float[] before = bench.random((long) rows * c, type);
                Guarded y = new Guarded(before.length, type);
                run("copy", bench.put(type, before), y.memory(), y.memory().bytes());
                run(
                        "convolution_epilogue",
                        type.code(),
                        bias == null ? null : bench.put(DType.F32, bias),
                        residual == null ? null : bench.put(type, residual),
                        y.memory(),
                        rows,
                        c,
                        activation.kind().ordinal(),
                        activation.slope());
                double[] values = new double[before.length];
                double[] magnitudes = new double[before.length];
                for (int i = 0; i < before.length; i++) {
                    double b = bias == null ? 0 : bias[i % c];
                    double r = residual == null ? 0 : residual[i];
                    values[i] = NaiveConvolution.activated(before[i] + b + r, activation);
                    magnitudes[i] = Math.abs(before[i]) + Math.abs(b) + Math.abs(r);
                }
                y.assertClose(new NaiveConvolution.Sums(values, magnitudes));
            }
        }
    }

    @Test
    void refusesWhatItCannotDo() {
        ConvolutionSpec spec = plain(1, 1, 1, 1, 1, Window.square(1, 1, 0), 1);
        Memory one = bench.put(DType.F32, 1);
        for (Kind kind : Kind.values()) {
            Object[] forward = {
                0, 0, one, one, null, null, one, extents(spec), kind.ordinal(), 0.0
            };
            Object[] epilogue = {0, null, null, one, 1, 1, kind.ordinal(), 0.0};
            if (new Activation(kind, 0).derivativeFromResult()) {
                run("convolution_forward", forward);
                run("convolution_data_gradient", forward);
                run("convolution_epilogue", epilogue);
            } else {
                assertRefused("convolution_forward", forward);
                assertRefused("convolution_data_gradient", forward);
                assertRefused("convolution_epilogue", epilogue);
            }
        }
        assertRefused(
                "convolution_forward", 7, 0, one, one, null, null, one, extents(spec), 0, 0.0);
        assertRefused(
                "convolution_forward", 0, 7, one, one, null, null, one, extents(spec), 0, 0.0);
        assertRefused("convolution_weight_gradient", 0, one, one, one, null, 0, extents(spec));
    }

    private static void assertRefused(String kernel, Object... arguments) {
        assertThatThrownBy(() -> run(kernel, arguments)).isInstanceOf(BackendException.class);
    }

    // ---- a convolution made of kernels --------------------------------------------------------

    /** Of the convolution that is transposed, x and y change places. */
    private static Object[] extents(ConvolutionSpec s) {
        Window w = s.window();
        Object[] in = {s.height(), s.width(), s.inChannels()};
        Object[] out = {s.outHeight(), s.outWidth(), s.outChannels()};
        return new Object[] {
            s.batch(),
            s.transposed() ? out : in,
            s.transposed() ? in : out,
            w.kernelHeight(),
            w.kernelWidth(),
            w.strideHeight(),
            w.strideWidth(),
            w.padTop(),
            w.padLeft(),
            w.dilationHeight(),
            w.dilationWidth(),
            s.groups()
        };
    }

    private static Object[] filters(ConvolutionSpec s) {
        int taps = s.window().kernelHeight() * s.window().kernelWidth();
        return new Object[] {
            s.outChannels(), s.inChannels(), taps, s.groups(), s.transposed() ? 1 : 0
        };
    }

    private static Memory packed(ConvolutionSpec spec, float[] w) {
        Memory packed = bench.memory(spec.weights() * spec.input().bytes());
        Memory given = bench.put(DType.F32, w);
        run("filters_pack", spec.input().code(), given, packed, filters(spec));
        return packed;
    }

    private static Guarded weightGradient(
            Bench on, ConvolutionSpec spec, float[] x, float[] gy, int parts) {
        Memory input = on.put(spec.input(), x);
        Memory output = on.put(spec.input(), gy);
        Memory packed = on.memory(4 * spec.weights());
        Memory partials = parts == 1 ? null : on.memory(4 * spec.weights() * parts);
        run(
                on,
                "convolution_weight_gradient",
                spec.input().code(),
                spec.transposed() ? output : input,
                spec.transposed() ? input : output,
                packed,
                partials,
                parts,
                extents(spec));
        Guarded gw = new Guarded(on, spec.weights(), DType.F32);
        run(on, "filters_unpack", DType.F32.code(), packed, gw.memory(), filters(spec));
        return gw;
    }

    private static void run(String kernel, Object... arguments) {
        run(bench, kernel, arguments);
    }

    /** Arrays among the arguments are taken apart. */
    private static void run(Bench on, String kernel, Object... arguments) {
        List<Object> flat = new ArrayList<>();
        flatten(arguments, flat);
        on.backend.kernels().find(kernel).bind(flat).run();
    }

    private static void flatten(Object[] arguments, List<Object> into) {
        for (Object a : arguments) {
            if (a instanceof Object[] more) {
                flatten(more, into);
            } else {
                into.add(a);
            }
        }
    }

    /** Memory for a result, with more behind it that nobody may touch. */
    private record Guarded(Bench bench, Memory all, DType type) {
        private static final int MARGIN = 256;

        Guarded(Bench bench, long count, DType type) {
            this(bench, bench.memory(count * type.bytes() + MARGIN), type);
        }

        Guarded(long count, DType type) {
            this(ConvolutionKernelsTest.bench, count, type);
        }

        Memory memory() {
            return all.slice(0, all.bytes() - MARGIN);
        }

        float[] values() {
            float[] margin = bench.get(all.slice(all.bytes() - MARGIN, MARGIN), type);
            for (float value : margin) {
                assertThat(value).isNaN();
            }
            return bench.get(memory(), type);
        }

        /** What is summed in float32 and rounded once. */
        void assertClose(NaiveConvolution.Sums expected) {
            float[] found = values();
            assertThat(found).hasSameSizeAs(expected.values());
            double rounding = type == DType.F32 ? 0 : 0x1p-8;
            for (int i = 0; i < found.length; i++) {
                double want = expected.values()[i];
                double allowed = 2e-6 * expected.magnitudes()[i] + rounding * Math.abs(want);
                if (!(Math.abs(found[i] - want) <= allowed)) {
                    throw new AssertionError(
                            "element %d of %d is %s, not %s"
                                    .formatted(i, found.length, found[i], want));
                }
            }
        }
    }
}

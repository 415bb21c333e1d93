package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.naturalinversion.backend.cpu.ConvolutionSpecs.finished;
import static org.naturalinversion.backend.cpu.ConvolutionSpecs.plain;
import static org.naturalinversion.backend.cpu.ConvolutionSpecs.typed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.tensor.DType;

class OneDnnConvolutionTest {
    private static final String SPECS = "org.naturalinversion.backend.cpu.ConvolutionSpecs";

    private static Bench bench;

    @BeforeAll
    static void open() {
        bench = new Bench();
    }

    @AfterAll
    static void close() {
        bench.close();
    }

    @ParameterizedTest
    @MethodSource({SPECS + "#shapes", SPECS + "#epilogues"})
    void convolves(ConvolutionSpec spec) {
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
    @MethodSource(SPECS + "#shapes")
    void findsTheInputsGradient(ConvolutionSpec spec) {
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
    @MethodSource(SPECS + "#shapes")
    void findsTheGradientsOfWeightsAndBias(ConvolutionSpec shape) {
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
                // Sums are kept in float32 whatever the inputs are.
                assertClose(bench.get(gw, DType.F32), naive.weights(x, gy), tolerance(DType.F32));
                if (bias) {
                    assertClose(bench.get(gb, DType.F32), naive.bias(gy), tolerance(DType.F32));
                }
            }
        }
    }

    @Test
    void saysWhatItDoes() {
        ConvolutionSpec spec =
                typed(plain(2, 8, 8, 32, 16, Window.square(3, 1, 1), 1), DType.BF16, DType.F32);
        try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
            assertThat(convolution.forward().name())
                    .startsWith("conv 3x3 s1 2x8x8x32->16 bf16->f32 ");
            assertThat(convolution.weightGradient().name())
                    .startsWith("weights conv 3x3 s1 2x8x8x32->16 bf16->f32 ");
            assertThat(convolution.forward().flops()).isEqualTo(2.0 * 2 * 64 * 16 * 32 * 9);
            assertThat(convolution.forward().signature()).isEqualTo("rrww");
            assertThat(convolution.dataGradient().signature()).isEqualTo("rrww");
            assertThat(convolution.weightGradient().signature()).isEqualTo("rrww");
        }
    }

    /** Also when oneDNN's cache remembers an earlier choice. */
    @Test
    void preferWhatIsFasterUnderAStride() {
        ConvolutionSpec spec = plain(2, 8, 8, 16, 32, Window.square(3, 2, 1), 1);
        for (int i = 0; i < 3; i++) {
            try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
                Routine routine = convolution.dataGradient();
                assertThat(routine.name()).startsWith("data conv 3x3 s2 2x8x8x16->32 f32 jit");
                Memory packed = bench.memory(convolution.packedBytes(Direction.DATA));
                Memory gy = bench.memory(2 * 4 * 4 * 32 * 4);
                Memory gx = bench.memory(2 * 8 * 8 * 16 * 4);
                Memory scratch = bench.scratch(convolution.scratchBytes(Direction.DATA));
                routine.bind(Arrays.asList(gy, packed, gx, scratch)).run();
            }
        }
    }

    @Test
    void foldsAndSwapsThinResults() {
        ConvolutionSpec last = plain(1, 8, 8, 16, 3, Window.square(3, 1, 1), 1);
        ConvolutionSpec first = plain(1, 8, 8, 3, 16, Window.square(3, 1, 1), 1);
        Convolution from = bench.backend.dnn().convolution(first);
        try (Convolution to = bench.backend.dnn().convolution(last)) {
            assertThat(to.forward().name()).startsWith("conv 3x3 s1 1x8x8x16->3 f32 folded ");
            assertThat(to.weightGradient().name())
                    .startsWith("weights conv 3x3 s1 1x8x8x16->3 f32 swapped ");
            assertThat(to.weightGradient().flops()).isEqualTo(last.flops());
        }
        assertThat(from.dataGradient().name())
                .startsWith("data conv 3x3 s1 1x8x8x3->16 f32 folded ");
        Task pack =
                from.pack(Direction.DATA)
                        .bind(
                                List.of(
                                        bench.memory(4 * first.weights()),
                                        bench.memory(from.packedBytes(Direction.DATA))));
        pack.run();
        from.close();
        assertThatThrownBy(pack::run).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(from::forward).isInstanceOf(IllegalStateException.class);
    }

    static Memory packed(Convolution convolution, Direction direction, float[] w) {
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
}

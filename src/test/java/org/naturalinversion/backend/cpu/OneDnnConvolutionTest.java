package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.backend.Bench;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionContract;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.tensor.DType;

@Tag("amx")
class OneDnnConvolutionTest extends ConvolutionContract {
    @BeforeAll
    static void open() {
        bench = new Bench(new CpuProvider().open(0, 2));
    }

    /** Shapes by chance, half of them with an output one position wide. */
    static Stream<ConvolutionSpec> anyShapes() {
        Random random = new Random(7);
        return Stream.generate(() -> anyShape(random))
                .filter(s -> s.outHeight() > 0 && s.outWidth() > 0)
                .limit(150)
                .flatMap(
                        s ->
                                Stream.of(
                                        s,
                                        typed(s, DType.BF16, DType.BF16),
                                        typed(s, DType.BF16, DType.F32)));
    }

    private static ConvolutionSpec anyShape(Random random) {
        int groups = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 1;
        int in = groups * channels(random);
        int out = groups * channels(random);
        int kernelHeight = 1 + random.nextInt(4);
        int kernelWidth = 1 + random.nextInt(7);
        Window window =
                new Window(
                        kernelHeight,
                        kernelWidth,
                        1 + random.nextInt(2),
                        1 + random.nextInt(4),
                        random.nextInt(kernelHeight),
                        random.nextInt(kernelWidth),
                        random.nextInt(kernelHeight),
                        random.nextInt(kernelWidth),
                        1,
                        random.nextInt(4) == 0 ? 2 : 1);
        boolean transposed = random.nextInt(4) == 0;
        int height = 1 + random.nextInt(9);
        int width = transposed && random.nextBoolean() ? 1 : 1 + random.nextInt(12);
        if (!transposed && random.nextBoolean()) {
            int reach = window.dilationWidth() * (kernelWidth - 1) + 1;
            width = reach + random.nextInt(window.strideWidth());
            width = Math.max(1, width - window.padLeft() - window.padRight());
        }
        int batch = 1 + random.nextInt(3);
        return transposed
                ? transposed(batch, height, width, in, out, window, groups)
                : plain(batch, height, width, in, out, window, groups);
    }

    private static int channels(Random random) {
        return List.of(1, 2, 3, 4, 7, 8, 12, 13, 16, 17, 32, 33, 40, 64).get(random.nextInt(14));
    }

    @ParameterizedTest
    @MethodSource("anyShapes")
    void computesAnyShape(ConvolutionSpec spec) {
        convolves(spec);
        findsTheInputsGradient(spec);
        findsTheGradientsOfWeightsAndBias(spec);
    }

    /** Also when oneDNN's cache remembers an earlier choice. */
    @Test
    void preferWhatIsFasterUnderAStride() {
        ConvolutionSpec spec = plain(2, 8, 8, 16, 32, Window.square(3, 2, 1), 1);
        for (int i = 0; i < 3; i++) {
            try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
                Routine routine = convolution.dataGradient();
                assertThat(routine.name())
                        .startsWith("data conv 3x3 s2 2x8x8x16->32 f32 ")
                        .doesNotContain("brgconv_strided");
                Memory packed = bench.memory(convolution.packedBytes(Direction.DATA));
                Memory gy = bench.memory(2 * 4 * 4 * 32 * 4);
                Memory gx = bench.memory(2 * 8 * 8 * 16 * 4);
                Memory scratch = bench.scratch(convolution.scratchBytes(Direction.DATA));
                routine.bind(Arrays.asList(gy, packed, gx, scratch)).run();
            }
        }
    }

    /** So that no thread waits for another in a loop; float32 stays as oneDNN does it. */
    @Test
    void cutsGradientsOfWeightsInBf16() {
        ConvolutionSpec spec = plain(3, 8, 8, 16, 32, Window.square(3, 1, 1), 1);
        ConvolutionSpec narrow = typed(spec, DType.BF16, DType.BF16);
        assertThat(PartedGradient.count(narrow, 2)).isEqualTo(2);
        assertThat(PartedGradient.count(narrow, 8)).isEqualTo(3);
        assertThat(PartedGradient.count(spec, 2)).isEqualTo(1);
        ConvolutionSpec large =
                typed(
                        plain(32, 8, 8, 1024, 1024, Window.square(3, 1, 1), 1),
                        DType.BF16,
                        DType.F32);
        assertThat(PartedGradient.count(large, 2)).isEqualTo(1);
        try (Convolution cut = bench.backend.dnn().convolution(narrow);
                Convolution whole = bench.backend.dnn().convolution(spec)) {
            boolean bf16 =
                    !cut.forward().name().endsWith(" widened"); // where there are instructions
            assertThat(cut.weightGradient().name().endsWith(" in 2 parts")).isEqualTo(bf16);
            assertThat(whole.weightGradient().name()).doesNotContain("parts");
            assertThat(cut.weightGradient().flops()).isEqualTo(narrow.flops());
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
}

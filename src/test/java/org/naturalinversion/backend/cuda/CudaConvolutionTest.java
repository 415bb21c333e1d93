package org.naturalinversion.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.naturalinversion.backend.Activation;
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

@Tag("device")
class CudaConvolutionTest extends ConvolutionContract {
    private static final Window SAME = Window.square(3, 1, 1);

    @BeforeAll
    static void open() {
        bench = new Bench(new CudaProvider().open(0, 0));
    }

    @Override
    protected DType filterGradients(ConvolutionSpec spec) {
        return spec.input();
    }

    @Test
    void takesAnEngineThatDoesTheEpilogueToo() {
        ConvolutionSpec spec =
                finished(plain(1, 4, 4, 8, 16, SAME, 1), true, true, Activation.RELU);
        try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
            assertThat(convolution.forward().name()).matches(".*16 f32 cudnn \\d+");
        }
    }

    /** The simulated cuDNN fuses nothing into a convolution in groups of float32. */
    @Test
    void doesTheEpilogueItselfWhereNoEngineDoes() {
        ConvolutionSpec spec =
                finished(plain(1, 4, 4, 8, 16, SAME, 2), true, false, Activation.RELU);
        try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
            assertThat(convolution.forward().name()).matches(".* cudnn \\d+\\+epilogue");
        }
    }

    /** The simulated cuDNN's engines for bfloat16 take channels by eight. */
    @Test
    void convolvesItselfWhereNoEngineDoes() {
        ConvolutionSpec spec = typed(plain(1, 4, 4, 3, 5, SAME, 1), DType.BF16, DType.BF16);
        try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
            assertThat(convolution.forward().name()).endsWith(" plain");
            assertThat(convolution.dataGradient().name()).endsWith(" plain");
            assertThat(convolution.weightGradient().name()).endsWith(" plain");
        }
    }

    @Test
    void refusesMemoryThatIsTooSmallOrClosed() {
        ConvolutionSpec spec = plain(1, 4, 4, 8, 16, SAME, 1);
        Convolution convolution = bench.backend.dnn().convolution(spec);
        Routine routine = convolution.forward();
        Memory x = bench.memory(4 * 16 * 8);
        Memory w = bench.memory(convolution.packedBytes(Direction.FORWARD));
        Memory y = bench.memory(4 * 16 * 16);
        Memory scratch = bench.scratch(convolution.scratchBytes(Direction.FORWARD));
        assertThatThrownBy(() -> routine.bind(Arrays.asList(x.slice(0, 8), w, y, scratch)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("first operand of a convolution must have 512 bytes, not 8");
        assertThatThrownBy(() -> routine.bind(List.of(x, w, y)))
                .isInstanceOf(IllegalArgumentException.class);
        Task task = routine.bind(Arrays.asList(x, w, y, scratch));
        task.run();
        convolution.close();
        assertThatThrownBy(task::run).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(convolution::forward).isInstanceOf(IllegalStateException.class);
    }
}

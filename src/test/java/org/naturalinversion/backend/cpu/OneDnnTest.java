package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Dnn;
import org.naturalinversion.backend.MatmulSpec;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.ProductContract;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.tensor.DType;

@Tag("amx")
class OneDnnTest extends ProductContract {
    private static final MatmulSpec PRODUCT =
            new MatmulSpec(2, 3, 4, false, false, DType.F32, DType.F32, false, false);

    @Override
    protected Backend backend() {
        return new CpuProvider().open(0, 2);
    }

    @Test
    void namesProducts() {
        Routine routine =
                bench.backend
                        .dnn()
                        .matmul(
                                new MatmulSpec(
                                        2, 3, 4, true, false, DType.BF16, DType.F32, true, false))
                        .routine();
        assertThat(routine.name()).startsWith("matmul 2x3x4 ta bf16->f32 ");
        assertThat(routine.signature()).isEqualTo("rrrww");
        assertThat(routine.flops()).isEqualTo(48);
    }

    @Test
    void refusesMemoryThatIsTooSmall() {
        Routine routine = bench.backend.dnn().matmul(PRODUCT).routine();
        Memory enough = bench.memory(64);
        assertThatThrownBy(() -> routine.bind(List.of(enough, enough.slice(0, 47), enough, enough)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching(
                        "argument 1 of matmul 2x3x4 f32 \\S+ \\(rrww\\) must have 48 bytes, not 47");
        assertThatThrownBy(() -> routine.bind(List.of(enough)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes 4 arguments (rrww), not 1");
        assertThatThrownBy(() -> routine.bind(List.of(enough, 3, enough, enough)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be memory to read, not 3");
    }

    @Test
    void saysWhatItCannotDo() {
        ConvolutionSpec spec = convolution(8, new Window(3, 3, 1, 1, 4, 4, -2, -2, 1, 1));
        try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
            assertThatThrownBy(convolution::forward)
                    .isInstanceOf(BackendException.class)
                    .hasMessageStartingWith("dnnl_convolution_forward_primitive_desc_create: dnnl_")
                    .hasMessageContaining("outChannels=8");
        }
        assertThatThrownBy(
                        () ->
                                bench.backend
                                        .dnn()
                                        .matmul(
                                                new MatmulSpec(
                                                        2, 2, 2, false, false, DType.I64, DType.F32,
                                                        false, false)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("I64");
    }

    @Test
    void fusesNoActivationThatNeedsItsInput() {
        ConvolutionSpec spec =
                new ConvolutionSpec(
                        1,
                        4,
                        4,
                        2,
                        2,
                        Window.square(1, 1, 0),
                        1,
                        false,
                        DType.F32,
                        DType.F32,
                        false,
                        false,
                        Activation.SILU,
                        false);
        try (Convolution convolution = bench.backend.dnn().convolution(spec)) {
            assertThatThrownBy(convolution::forward)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("SILU");
        }
    }

    @Test
    void tasksEndWithTheirConvolution() {
        Convolution convolution =
                bench.backend.dnn().convolution(convolution(8, Window.square(3, 1, 1)));
        Routine pack = convolution.pack(Direction.FORWARD);
        Memory weights = bench.memory(4 * 8 * 8 * 9);
        Memory packed = bench.memory(convolution.packedBytes(Direction.FORWARD));
        Task task = pack.bind(List.of(weights, packed));
        task.run();
        convolution.close();
        convolution.close();
        assertThatThrownBy(task::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is closed");
        assertThatThrownBy(() -> pack.bind(List.of(weights, packed)))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> convolution.packedBytes(Direction.FORWARD))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("conv 3x3 s1 2x6x6x8->8 f32 is closed");
        assertThatThrownBy(convolution::unpack).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(convolution::forward).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void endsWithTheBackend() {
        Dnn dnn = bench.backend.dnn();
        Convolution convolution = dnn.convolution(convolution(8, Window.square(3, 1, 1)));
        convolution.forward();
        Routine product = dnn.matmul(PRODUCT).routine();
        bench.close();
        assertThatThrownBy(convolution::forward).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> dnn.matmul(PRODUCT)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> product.bind(List.of())).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> dnn.convolution(convolution(8, Window.square(3, 1, 1))))
                .isInstanceOf(IllegalStateException.class);
    }

    private static ConvolutionSpec convolution(int channels, Window window) {
        return new ConvolutionSpec(
                2,
                6,
                6,
                channels,
                channels,
                window,
                1,
                false,
                DType.F32,
                DType.F32,
                false,
                false,
                Activation.IDENTITY,
                false);
    }
}

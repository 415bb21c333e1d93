package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.naturalinversion.backend.Bench;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionContract;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;

class OneDnnConvolutionTest extends ConvolutionContract {
    @BeforeAll
    static void open() {
        bench = new Bench(new CpuProvider().open(0, 2));
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
}

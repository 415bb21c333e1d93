package org.naturalinversion.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.Dnn.Prepared;
import org.naturalinversion.backend.MatmulSpec;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.ProductContract;
import org.naturalinversion.backend.Task;
import org.naturalinversion.tensor.DType;

@Tag("device")
class ProductTest extends ProductContract {
    private static final MatmulSpec PRODUCT =
            new MatmulSpec(2, 3, 4, false, false, DType.F32, DType.F32, false, false);

    @Override
    protected Backend backend() {
        return new CudaProvider().open(0, 0);
    }

    @Test
    void saysWhatItDoes() {
        Prepared product = bench.backend.dnn().matmul(PRODUCT);
        assertThat(product.routine().name()).isEqualTo("matmul 2x3x4 f32 cublas");
        assertThat(product.routine().flops()).isEqualTo(48);
        assertThat(product.routine().signature()).isEqualTo("rrww");
    }

    @Test
    void refusesMemoryThatIsTooSmallOrClosed() {
        Prepared product = bench.backend.dnn().matmul(PRODUCT);
        Memory a = bench.memory(32);
        Memory b = bench.memory(48);
        Memory c = bench.memory(24);
        Memory scratch = bench.scratch(product.scratchBytes());
        assertThatThrownBy(
                        () -> product.routine().bind(Arrays.asList(a, b, c.slice(0, 20), scratch)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must have 24 bytes, not 20");
        Task task = product.routine().bind(Arrays.asList(a, b, c, scratch));
        task.run();
        c.buffer().close();
        assertThatThrownBy(task::run).isInstanceOf(IllegalStateException.class);
    }
}

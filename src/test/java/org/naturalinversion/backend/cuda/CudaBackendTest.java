package org.naturalinversion.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Bench;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.backend.Task;
import org.naturalinversion.tensor.DType;

@Tag("device")
class CudaBackendTest {
    private Bench bench;
    private Backend backend;

    @BeforeEach
    void open() {
        backend = new CudaProvider().open(0, 0);
        bench = new Bench(backend);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void saysWhatItRunsOn() {
        Description description = backend.description();
        assertThat(description.backend()).isEqualTo("cuda");
        assertThat(description.device()).isNotBlank();
        assertThat(description.threads()).isZero();
        assertThat(description.versions())
                .containsOnlyKeys(
                        "driver",
                        "CUDA",
                        "cuBLAS",
                        "cuDNN",
                        "kernels",
                        "capability",
                        "JavaCPP",
                        "JVM");
        assertThat(description.versions().get("capability")).matches("\\d+\\.\\d");
        assertThat(description.versions().get("cuDNN")).startsWith("9.");
        assertThat(description.files())
                .containsKeys("libcuda.so.1", "libcudart.so.13", "libcudnn_graph.so.9")
                .allSatisfy((name, file) -> assertThat(file).startsWith("/").contains(name));
    }

    @Test
    void refusesDevicesThatAreNot() {
        assertThatThrownBy(() -> new CudaProvider().open(99, 0))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("there is no cuda device 99, only ");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 63, 4097, (1 << 20) + 1, (33 << 20) + 5})
    void givesMemoryFullOfZerosAndReadsWhatWasWritten(long bytes) {
        try (Buffer buffer = backend.allocate(bytes)) {
            assertThat(buffer.bytes()).isEqualTo(bytes);
            ByteBuffer read = ByteBuffer.allocate((int) bytes);
            buffer.read(0, read);
            assertThat(read.hasRemaining()).isFalse();
            assertThat(read.array()).containsOnly(new byte[(int) bytes]);
            for (int i = 0; i < bytes; i++) {
                read.put(i, (byte) (i * 31));
            }
            buffer.write(0, read.rewind());
            assertThat(read.hasRemaining()).isFalse();
            ByteBuffer again = ByteBuffer.allocate((int) bytes);
            buffer.read(0, again);
            assertThat(again.array()).isEqualTo(read.array());
        }
    }

    @Test
    void saysHowMuchMemoryThereIs() {
        FreeMemory free = backend.freeMemory();
        assertThat(free.bytes()).isPositive();
        assertThatThrownBy(() -> backend.allocate(1L << 50))
                .isInstanceOf(OutOfMemoryException.class)
                .hasMessage("1,125,899,907 MB were asked for, " + free)
                .hasMessageContaining("memory of the device");
        assertThatThrownBy(() -> backend.allocate(-1)).isInstanceOf(IllegalArgumentException.class);
        // It goes on working.
        Buffer buffer = backend.allocate(1 << 20);
        assertThat(backend.freeMemory().bytes()).isLessThan(free.bytes());
        buffer.close();
        assertThat(backend.freeMemory().bytes()).isEqualTo(free.bytes());
    }

    /** A task, its repetition, and the graph that it becomes, all do the same. */
    @Test
    void runsTasksTogether() {
        Memory one = bench.put(DType.F32, 1);
        Memory sum = bench.put(DType.F32, 0);
        Task add = backend.kernels().find("add").bind(List.of(0, sum, one, sum, 1));
        Task twice = backend.together(List.of(add, add));
        for (int i = 1; i <= 5; i++) {
            twice.run();
            assertThat(bench.get(sum, DType.F32)).containsExactly(2 * i);
        }
        assertThat(backend.milliseconds(twice)).isNotNegative();
        assertThat(bench.get(sum, DType.F32)).containsExactly(12);
        one.buffer().close();
        assertThatThrownBy(twice::run).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void twoWorkSideBySide() {
        try (Bench other = new Bench(new CudaProvider().open(0, 0))) {
            Memory here = bench.put(DType.F32, 1, 2);
            Memory there = other.put(DType.F32, 10, 20);
            Task add = backend.kernels().find("add").bind(List.of(0, here, here, here, 2));
            assertThatThrownBy(
                            () ->
                                    backend.kernels()
                                            .find("add")
                                            .bind(List.of(0, here, there, here, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("another backend");
            other.backend.kernels().find("add").bind(List.of(0, there, there, there, 2)).run();
            add.run();
            assertThat(bench.get(here, DType.F32)).containsExactly(2, 4);
            assertThat(other.get(there, DType.F32)).containsExactly(20, 40);
        }
    }

    @Test
    void forbidsUseAfterClose() {
        Buffer closed = backend.allocate(64);
        closed.close();
        closed.close();
        assertClosed(() -> closed.read(0, ByteBuffer.allocate(1)));
        Buffer left = backend.allocate(64);
        backend.close();
        backend.close();
        assertClosed(() -> left.read(0, ByteBuffer.allocate(1)));
        assertClosed(() -> backend.allocate(1));
        assertClosed(() -> backend.kernels());
        assertClosed(() -> backend.dnn());
        assertClosed(() -> backend.description());
        assertClosed(() -> backend.synchronize());
        assertClosed(() -> backend.together(List.of()));
    }

    private static void assertClosed(Runnable use) {
        assertThatThrownBy(use::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is closed");
    }
}

package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Bench;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.tensor.DType;

class NativeKernelsTest {
    private Bench bench;
    private Routine add;
    private Memory a;
    private Memory b;
    private Memory y;

    @BeforeEach
    void open() {
        bench = new Bench(new CpuProvider().open(0, 2));
        add = bench.backend.kernels().find("add");
        a = bench.put(DType.F32, 1, 2, 3);
        b = bench.put(DType.F32, 10, 20, 30);
        y = bench.memory(12);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void runsKernels() {
        assertThat(add.signature()).isEqualTo("irrwi");
        assertThat(add.flops()).isZero();
        add.bind(List.of(0, a, b, y, 3L)).run();
        assertThat(bench.get(y, DType.F32)).containsExactly(11, 22, 33);
    }

    @Test
    void runsThemOnParts() {
        add.bind(List.of(0, a.slice(4, 8), b.slice(0, 8), y.slice(4, 8), 2)).run();
        assertThat(bench.get(y, DType.F32)).containsExactly(Float.NaN, 12, 23);
    }

    @Test
    void listsThem() {
        assertThat(bench.backend.kernels().names())
                .hasSize(HostLibrary.ni_kernel_count())
                .contains("add");
        assertThat(bench.backend.kernels().reductionParts()).isPositive();
        assertThatThrownBy(() -> bench.backend.kernels().find("subtract"))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("subtract");
    }

    @Test
    void refusesArgumentsThatDoNotFit() {
        assertRefused("add takes 5 arguments (irrwi), not 4", 0, a, b, y);
        assertRefused("argument 0 of add (irrwi) must be an integer, not 12 bytes", a, a, b, y, 3);
        assertRefused("argument 0 of add (irrwi) must be an integer, not 0.5", 0.5, a, b, y, 3);
        assertRefused("argument 1 of add (irrwi) must be memory to read, not 7", 0, 7, b, y, 3);
        assertRefused(
                "argument 3 of add (irrwi) must be memory to write, not String y", 0, a, b, "y", 3);
        assertRefused(
                "argument 4 of add (irrwi) must be an integer, not nothing", 0, a, b, y, null);
    }

    @Test
    void refusesMemoryOfAnotherBackend() {
        try (Bench other = new Bench(new CpuProvider().open(0, 2))) {
            assertRefused("another backend", 0, a, b, other.memory(12), 3);
        }
    }

    @Test
    void saysWhatFailed() {
        assertThatThrownBy(() -> add.bind(List.of(7, a, b, y, 3)).run())
                .isInstanceOf(BackendException.class)
                .hasMessage(
                        "add(7, 12 bytes, 12 bytes, 12 bytes, 3):"
                                + " the kernel does not take this element type (-3)");
    }

    @Test
    void tasksEndWithTheirMemory() {
        Task task = add.bind(List.of(0, a, b, y, 3));
        b.buffer().close();
        assertThatThrownBy(task::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the memory that add was bound to is closed");
        assertThatThrownBy(() -> add.bind(List.of(0, a, b, y, 3)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a buffer of 12 bytes is closed");
        Task free = add.bind(Arrays.asList(0, null, null, null, 0));
        free.run();
        bench.close();
        assertThatThrownBy(free::run).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> add.bind(List.of(0, a, a, y, 3)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void bringsItsThreadsToWhicheverThreadRunsIt() throws Exception {
        try (Bench three = new Bench(new CpuProvider().open(0, 3))) {
            Routine kernel = three.backend.kernels().find("add");
            Task task = kernel.bind(Arrays.asList(0, null, null, null, 0));
            FutureTask<Integer> elsewhere =
                    new FutureTask<>(
                            () -> {
                                task.run();
                                return HostLibrary.ni_set_threads(0);
                            });
            new Thread(elsewhere).start();
            assertThat(elsewhere.get()).isEqualTo(3);
            task.run();
            assertThat(HostLibrary.ni_set_threads(0)).isEqualTo(3);
            add.bind(List.of(0, a, b, y, 3)).run();
            assertThat(HostLibrary.ni_set_threads(0)).isEqualTo(2);
        }
    }

    private void assertRefused(String message, Object... arguments) {
        assertThatThrownBy(() -> add.bind(Arrays.asList(arguments)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}

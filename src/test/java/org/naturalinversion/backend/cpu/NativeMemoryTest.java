package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Dnn;
import org.naturalinversion.backend.MatmulSpec;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.tensor.DType;

/** What runs takes nothing, and what is closed gives everything back. */
class NativeMemoryTest {
    /** Enough for any argument of what is run here. */
    private static final long ARGUMENT_BYTES = 1 << 18;

    private static final int ARGUMENTS = 6;

    /**
     * The virtual machine, too, allocates now and then on our thread, and uses more of its heap: it
     * is the round of least growth that tells. What is lost in every run or every life shows in
     * all.
     */
    private static final int ROUNDS = 8;

    private static final ConvolutionSpec SPEC =
            new ConvolutionSpec(
                    2,
                    9,
                    9,
                    13,
                    16,
                    Window.square(3, 1, 1),
                    1,
                    false,
                    DType.F32,
                    DType.F32,
                    true,
                    true,
                    Activation.RELU,
                    false);

    @Test
    void runningAllocatesNothing() {
        try (Backend backend = new CpuProvider().open(0, 1)) {
            Convolution convolution = backend.dnn().convolution(SPEC);
            Dnn.Prepared product =
                    backend.dnn()
                            .matmul(
                                    new MatmulSpec(
                                            7, 13, 33, false, true, DType.F32, DType.F32, false,
                                            false));
            Buffer buffer = backend.allocate(ARGUMENTS * ARGUMENT_BYTES);
            List<Task> tasks = new ArrayList<>(tasks(convolution, buffer));
            tasks.add(bind(product.routine(), buffer));
            tasks.add(
                    backend.kernels()
                            .find("add")
                            .bind(
                                    List.of(
                                            0,
                                            argument(buffer, 0),
                                            argument(buffer, 1),
                                            argument(buffer, 2),
                                            1000)));

            Task[] all = tasks.toArray(Task[]::new);
            ThreadMXBean counter = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long self = Thread.currentThread().getId();
            run(all, 2000);
            long bytes = Pointer.totalBytes();
            long count = Pointer.totalCount();
            long least = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) {
                long before = counter.getThreadAllocatedBytes(self);
                run(all, 1000);
                least = Math.min(least, counter.getThreadAllocatedBytes(self) - before);
            }
            assertThat(least).isZero();
            assertThat(Pointer.totalBytes()).isEqualTo(bytes);
            assertThat(Pointer.totalCount()).isEqualTo(count);
        }
    }

    @Test
    void closedConvolutionsLeaveNothing() {
        try (Backend backend = new CpuProvider().open(0, 1)) {
            long least = Long.MAX_VALUE;
            long before = residentBytes();
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < 200; i++) {
                    live(backend);
                }
                long after = residentBytes();
                least = Math.min(least, after - before);
                before = after;
            }
            assertThat(least).isLessThan(1 << 17);
        }
    }

    private static long residentBytes() {
        // New objects then go where the last round's were, not to pages of the heap that are fresh.
        System.gc();
        Pointer.trimMemory();
        return Pointer.physicalBytes();
    }

    /** One life of a convolution: buffer, primitives and tasks in all directions. */
    private static void live(Backend backend) {
        try (Convolution convolution = backend.dnn().convolution(SPEC);
                Buffer buffer = backend.allocate(ARGUMENTS * ARGUMENT_BYTES)) {
            run(tasks(convolution, buffer).toArray(Task[]::new), 1);
        }
    }

    private static List<Task> tasks(Convolution convolution, Buffer buffer) {
        return Stream.of(
                        convolution.pack(Direction.FORWARD),
                        convolution.pack(Direction.DATA),
                        convolution.forward(),
                        convolution.dataGradient(),
                        convolution.weightGradient(),
                        convolution.unpack())
                .map(routine -> bind(routine, buffer))
                .toList();
    }

    private static Task bind(Routine routine, Buffer buffer) {
        List<Object> arguments = new ArrayList<>();
        for (int i = 0; i < routine.signature().length(); i++) {
            arguments.add(argument(buffer, i));
        }
        return routine.bind(arguments);
    }

    private static Memory argument(Buffer buffer, int index) {
        return buffer.slice(index * ARGUMENT_BYTES, ARGUMENT_BYTES);
    }

    private static void run(Task[] tasks, int times) {
        for (int i = 0; i < times; i++) {
            for (Task task : tasks) {
                task.run();
            }
        }
    }
}

package org.naturalinversion.backend.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.backend.Task;

/** Memory of a problem's extents, to try on it which way is the fastest. */
final class Trial implements AutoCloseable {
    private static final int REPETITIONS = 3;

    private final CudaBackend backend;
    private final Problem problem;
    private Buffer buffer;

    Trial(CudaBackend backend, Problem problem) {
        this.backend = backend;
        this.problem = problem;
    }

    /**
     * The shortest time of a few runs; infinite where there is no memory to try it in.
     *
     * @param scratchBytes that are needed
     * @param bind makes the steps
     */
    double milliseconds(long scratchBytes, Function<Operands, List<Task>> bind) {
        try {
            List<Task> steps = bind.apply(operands(scratchBytes));
            double least = milliseconds(steps);
            for (int i = 0; i < REPETITIONS; i++) {
                least = Math.min(least, milliseconds(steps));
            }
            return least;
        } catch (OutOfMemoryException e) {
            return Double.POSITIVE_INFINITY;
        }
    }

    private double milliseconds(List<Task> steps) {
        return backend.milliseconds(() -> steps.forEach(Task::run));
    }

    private Operands operands(long scratchBytes) {
        List<Long> sizes =
                List.of(
                        problem.firstBytes(),
                        problem.secondBytes(),
                        problem.biasBytes(),
                        problem.residualBytes(),
                        problem.resultBytes(),
                        scratchBytes);
        grow(sizes.stream().mapToLong(Operands::aligned).sum());
        List<Memory> parts = new ArrayList<>();
        long offset = 0;
        for (long size : sizes) {
            parts.add(size == 0 ? null : buffer.slice(offset, size));
            offset += Operands.aligned(size);
        }
        return new Operands(
                parts.get(0), parts.get(1), parts.get(2), parts.get(3), parts.get(4), parts.get(5));
    }

    private void grow(long bytes) {
        if (buffer == null || buffer.bytes() < bytes) {
            close();
            buffer = backend.allocate(bytes);
        }
    }

    /** Closes the tasks, too, that were bound to it. */
    @Override
    public void close() {
        if (buffer != null) {
            buffer.close();
            buffer = null;
        }
    }
}

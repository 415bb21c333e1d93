package org.naturalinversion.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_equal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Sequence;
import org.naturalinversion.tensor.DType;

/**
 * The gradients of a convolution's weights and bias, cut by images into a part for each thread,
 * whose results are added up in order. oneDNN's own threads wait for each other in loops that never
 * give up their core: beside another busy program all of them would stand still. A part has one
 * thread, which waits for nobody; docs/adr/0017.
 *
 * @param operands what oneDNN calls the arguments: input, output's gradient, results, scratch
 */
record PartedGradient(
        OneDnn library, ConvolutionSpec spec, List<Primitive> parts, List<Integer> operands) {
    private static final long ALIGNMENT = 64;

    /** All parts' results together must not take more bytes than this. */
    private static final long MOST_BYTES = 64L << 20;

    /**
     * The parts of a gradient, if it is to be cut.
     *
     * @param describe the gradient of a number of images on a number of threads
     * @return one primitive for all threads if it is not cut, else primitives of one thread
     */
    static List<Primitive> describe(
            ConvolutionSpec spec, int threads, BiFunction<Integer, Integer, Primitive> describe) {
        int count = count(spec, threads);
        if (count > 1) {
            List<Primitive> parts = new ArrayList<>();
            for (int part = 0; part < count; part++) {
                parts.add(
                        describe.apply(first(spec, count, part + 1) - first(spec, count, part), 1));
            }
            if (parts.stream().allMatch(part -> isAlike(part, parts.get(0)))) {
                return parts;
            }
            parts.forEach(Primitive::close);
        }
        return List.of(describe.apply(spec.batch(), threads));
    }

    /** In how many parts a gradient is computed. */
    static int count(ConvolutionSpec spec, int threads) {
        int count = Math.min(threads, spec.batch());
        return spec.input() == DType.BF16 && 4L * count * spec.weights() <= MOST_BYTES ? count : 1;
    }

    /** The first image of a part. */
    private static int first(ConvolutionSpec spec, int count, int part) {
        return (int) ((long) spec.batch() * part / count);
    }

    private static boolean isAlike(Primitive part, Primitive other) {
        return dnnl_memory_desc_equal(
                        part.layout(DNNL_ARG_DIFF_WEIGHTS), other.layout(DNNL_ARG_DIFF_WEIGHTS))
                != 0;
    }

    /** Scratch memory of all parts, and of the results of all but the first. */
    long scratchBytes() {
        long bytes = 0;
        for (int part = 0; part < parts.size(); part++) {
            bytes += aligned(parts.get(part).bytes(DNNL_ARG_SCRATCHPAD));
            bytes += part == 0 ? 0 : resultBytes(part);
        }
        return bytes;
    }

    Routine routine(String name, String signature) {
        return new Sequence(name, signature, spec.flops(), this::tasks);
    }

    private List<Task> tasks(List<Object> arguments) {
        Scratch scratch = new Scratch((Memory) arguments.get(arguments.size() - 1));
        List<PrimitiveRoutine.Execution> executions = new ArrayList<>();
        List<Task> sums = new ArrayList<>();
        for (int part = 0; part < parts.size(); part++) {
            Primitive primitive = parts.get(part);
            List<Object> own = new ArrayList<>();
            own.add(images(arguments, 0, part));
            own.add(images(arguments, 1, part));
            for (int i = 2; i < operands.size() - 1; i++) {
                Memory result = (Memory) arguments.get(i);
                long bytes = primitive.bytes(operands.get(i));
                Memory into = part == 0 ? result : scratch.take(bytes);
                own.add(into);
                if (part > 0) {
                    sums.add(add(result, into, bytes));
                }
            }
            own.add(scratch.take(primitive.bytes(DNNL_ARG_SCRATCHPAD)));
            executions.add(
                    new PrimitiveRoutine(
                                    "part " + part + " of " + spec.name(DType.F32),
                                    "rr" + "w".repeat(operands.size() - 2),
                                    0,
                                    primitive,
                                    operands)
                            .execution(own));
        }
        List<Task> tasks = new ArrayList<>();
        tasks.add(new SideBySide(library, executions));
        tasks.addAll(sums);
        return tasks;
    }

    /** Pieces of memory one after the other. */
    private static final class Scratch {
        private final Memory memory;
        private long offset;

        Scratch(Memory memory) {
            this.memory = memory;
        }

        Memory take(long bytes) {
            if (bytes == 0) {
                return null;
            }
            Memory piece = memory.slice(offset, bytes);
            offset += aligned(bytes);
            return piece;
        }
    }

    /** The images of a part, of the input or of the output's gradient. */
    private Memory images(List<Object> arguments, int operand, int part) {
        int first = first(spec, parts.size(), part);
        int count = first(spec, parts.size(), part + 1) - first;
        long bytes = parts.get(part).bytes(operands.get(operand));
        return ((Memory) arguments.get(operand)).slice(bytes / count * first, bytes);
    }

    private Task add(Memory sum, Memory more, long bytes) {
        return library.backend()
                .kernels()
                .find("add")
                .bind(List.of(DType.F32.code(), sum, more, sum, bytes / DType.F32.bytes()));
    }

    private long resultBytes(int part) {
        Primitive primitive = parts.get(part);
        return aligned(primitive.bytes(DNNL_ARG_DIFF_WEIGHTS))
                + aligned(spec.bias() ? primitive.bytes(DNNL_ARG_DIFF_BIAS) : 0);
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}

package org.naturalinversion.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.Kernels;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Sequence;
import org.naturalinversion.tensor.DType;

/**
 * A routine for bfloat16 by way of one for float32: operands are converted, then what the other
 * computes is rounded. For processors whose instructions oneDNN finds too few for bfloat16; it
 * costs time and scratch memory, and gives the same numbers.
 *
 * @param routine takes float32; its last argument is scratch memory
 * @param scratchBytes of that routine
 * @param widths for each argument but the scratch memory its bytes if it is bfloat16, or 0
 */
record Widened(Kernels kernels, Routine routine, long scratchBytes, List<Long> widths) {
    private static final long ALIGNMENT = 64;

    /** Scratch memory of the whole. */
    long bytes() {
        return widths.stream().mapToLong(w -> aligned(2 * w)).sum() + scratchBytes;
    }

    /** The whole. */
    Routine widen(String name) {
        return new Sequence(name, routine.signature(), routine.flops(), this::parts);
    }

    private List<Task> parts(List<Object> arguments) {
        Memory scratch = (Memory) arguments.get(widths.size());
        List<Object> wide = new ArrayList<>(arguments);
        List<Task> before = new ArrayList<>();
        List<Task> after = new ArrayList<>();
        long offset = 0;
        for (int i = 0; i < widths.size(); i++) {
            long bytes = widths.get(i);
            if (bytes > 0) {
                Memory copy = scratch.slice(offset, 2 * bytes);
                offset += aligned(2 * bytes);
                wide.set(i, copy);
                if (routine.signature().charAt(i) == 'r') {
                    before.add(convert(DType.BF16, arguments.get(i), DType.F32, copy, bytes / 2));
                } else {
                    after.add(convert(DType.F32, copy, DType.BF16, arguments.get(i), bytes / 2));
                }
            }
        }
        wide.set(widths.size(), scratchBytes == 0 ? null : scratch.slice(offset, scratchBytes));
        List<Task> parts = new ArrayList<>(before);
        parts.add(routine.bind(wide));
        parts.addAll(after);
        return parts;
    }

    private Task convert(DType from, Object x, DType into, Object y, long elements) {
        return kernels.find("convert").bind(List.of(from.code(), x, into.code(), y, elements));
    }

    private static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}

package org.naturalinversion.backend.cuda;

import java.util.Arrays;
import java.util.List;
import org.naturalinversion.backend.Memory;

/**
 * What a {@link Problem} reads and writes.
 *
 * @param bias null if there is none
 * @param residual null if there is none
 * @param scratch null if none is needed
 */
record Operands(
        Memory first, Memory second, Memory bias, Memory residual, Memory result, Memory scratch) {

    /** Where several share a block of memory, each begins at a multiple of this. */
    private static final long ALIGNMENT = 256;

    /** The bytes from one beginning to the next. */
    static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** All of them. */
    List<Object> all() {
        return Arrays.asList(first, second, bias, residual, result, scratch);
    }

    /**
     * Checks sizes.
     *
     * @throws IllegalArgumentException if one is too small for the problem
     */
    void check(Problem problem) {
        check("the first operand", first, problem.firstBytes());
        check("the second operand", second, problem.secondBytes());
        check("the bias", bias, problem.biasBytes());
        check("the residual", residual, problem.residualBytes());
        check("the result", result, problem.resultBytes());
    }

    private static void check(String what, Memory memory, long needs) {
        long has = memory == null ? 0 : memory.bytes();
        if (has < needs) {
            throw new IllegalArgumentException(
                    "%s of a convolution must have %d bytes, not %d".formatted(what, needs, has));
        }
    }
}

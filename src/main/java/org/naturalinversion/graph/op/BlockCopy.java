package org.naturalinversion.graph.op;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.Shape;

/**
 * A block of four axes copied from one dense tensor into another: what slices, pads, concatenations
 * and shuffles come down to.
 */
record BlockCopy(
        long fromOffset, long[] fromStrides, long intoOffset, long[] intoStrides, Shape block) {
    /**
     * Takes every stride-th element from a begin on, in both tensors; the block is as many as are
     * copied along each axis.
     */
    static BlockCopy of(
            Shape from,
            List<Integer> fromBegin,
            List<Integer> fromStride,
            Shape into,
            List<Integer> intoBegin,
            List<Integer> intoStride,
            Shape block) {
        return new BlockCopy(
                offset(from, fromBegin),
                strides(from, fromStride),
                offset(into, intoBegin),
                strides(into, intoStride),
                block);
    }

    void emit(Lowering to, DType type, Slot from, Slot into) {
        List<Object> arguments = new ArrayList<>(List.of(type, from, into, fromOffset, intoOffset));
        for (int axis = 0; axis < 4; axis++) {
            arguments.add(block.get(axis));
            arguments.add(fromStrides[axis]);
            arguments.add(intoStrides[axis]);
        }
        to.call("block_copy", arguments.toArray());
    }

    /** Sets a tensor to zero. */
    static void clear(Lowering to, DType type, Slot slot, Shape shape) {
        to.call("clear", slot, shape.elements() * type.bytes());
    }

    private static long offset(Shape shape, List<Integer> begin) {
        long offset = 0;
        for (int axis = 0; axis < 4; axis++) {
            offset = offset * shape.get(axis) + begin.get(axis);
        }
        return offset;
    }

    private static long[] strides(Shape shape, List<Integer> step) {
        long[] strides = new long[4];
        long stride = 1;
        for (int axis = 3; axis >= 0; axis--) {
            strides[axis] = stride * step.get(axis);
            stride *= shape.get(axis);
        }
        return strides;
    }
}

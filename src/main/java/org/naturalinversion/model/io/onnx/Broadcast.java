package org.naturalinversion.model.io.onnx;

import java.util.Arrays;
import org.naturalinversion.tensor.Shape;

/** Which number of a tensor stands at each place of the larger one that it is broadcast to. */
final class Broadcast {
    private final long[] target;
    private final long[] strides;

    /**
     * Checks that it can be broadcast.
     *
     * @throws IllegalArgumentException if not
     */
    Broadcast(Shape from, Shape target) {
        this.target = target.toArray();
        this.strides = new long[target.rank()];
        int missing = target.rank() - from.rank();
        long stride = 1;
        for (int axis = target.rank() - 1; axis >= 0; axis--) {
            long extent = axis < missing ? 1 : from.get(axis - missing);
            boolean fits = extent == 1 || extent == target.get(axis);
            if (missing < 0 || !fits) {
                throw new IllegalArgumentException(from + " cannot be broadcast to " + target);
            }
            strides[axis] = extent == 1 ? 0 : stride;
            stride *= extent;
        }
        if (missing < 0) {
            throw new IllegalArgumentException(from + " cannot be broadcast to " + target);
        }
    }

    /** The shape that two tensors are broadcast to. */
    static Shape of(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        long[] extents = new long[rank];
        for (int axis = 1; axis <= rank; axis++) {
            long p = axis <= a.rank() ? a.get(-axis) : 1;
            long q = axis <= b.rank() ? b.get(-axis) : 1;
            if (p != q && p != 1 && q != 1) {
                throw new IllegalArgumentException(a + " and " + b + " do not fit");
            }
            extents[rank - axis] = p == 1 ? q : p;
        }
        return Shape.of(extents);
    }

    /** The number that stands at a place of the target. */
    int index(int place) {
        long index = 0;
        long rest = place;
        for (int axis = target.length - 1; axis >= 0; axis--) {
            index += rest % target[axis] * strides[axis];
            rest /= target[axis];
        }
        return Math.toIntExact(index);
    }

    /** How many different things stand along the first axis. */
    int images() {
        return strides.length > 0 && strides[0] > 0 ? Math.toIntExact(target[0]) : 1;
    }

    /** Whether numbers differ along no other axis than the given one. */
    boolean variesOnlyAlong(int axis) {
        long[] others = strides.clone();
        others[axis] = 0;
        return Arrays.stream(others).allMatch(s -> s == 0);
    }
}

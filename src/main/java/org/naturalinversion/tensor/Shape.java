package org.naturalinversion.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The extents of a dense tensor, slowest first. Activations are written N, H, W, C; convolution
 * weights O, I, H, W.
 */
public final class Shape {
    /** The shape of a single number. */
    public static final Shape SCALAR = new Shape();

    private final long[] extents;

    private Shape(long... extents) {
        this.extents = extents;
    }

    /**
     * A shape of the given extents.
     *
     * @throws IllegalArgumentException if an extent is negative or the number of elements does not
     *     fit a long
     */
    public static Shape of(long... extents) {
        long elements = 1;
        for (long extent : extents) {
            if (extent < 0) {
                throw new IllegalArgumentException(
                        "negative extent in " + Arrays.toString(extents));
            }
            try {
                elements = Math.multiplyExact(elements, extent);
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException(
                        "too many elements in " + Arrays.toString(extents), e);
            }
        }
        return new Shape(extents.clone());
    }

    /** Number of axes. */
    public int rank() {
        return extents.length;
    }

    /** Extent of one axis; negative axes count from the last. */
    public long get(int axis) {
        return extents[axis < 0 ? axis + extents.length : axis];
    }

    /** Extent of one axis as an int; negative axes count from the last. */
    public int dim(int axis) {
        return Math.toIntExact(get(axis));
    }

    /** Product of all extents; 1 for a scalar. */
    public long elements() {
        return LongStream.of(extents).reduce(1, (a, b) -> a * b);
    }

    /** Extent of the last axis: the channels of an activation. */
    public int channels() {
        return dim(-1);
    }

    /** Product of all extents but the last: the rows that a per-channel operation runs over. */
    public long rows() {
        return LongStream.of(extents)
                .limit(Math.max(0, extents.length - 1))
                .reduce(1, (a, b) -> a * b);
    }

    /** This shape with one extent replaced; negative axes count from the last. */
    public Shape with(int axis, long extent) {
        long[] changed = extents.clone();
        changed[axis < 0 ? axis + extents.length : axis] = extent;
        return of(changed);
    }

    /** This shape without its first axis. */
    public Shape withoutFirst() {
        return of(Arrays.copyOfRange(extents, 1, extents.length));
    }

    /** The extents, as a copy. */
    public long[] toArray() {
        return extents.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    @Override
    public String toString() {
        return LongStream.of(extents)
                .mapToObj(Long::toString)
                .collect(Collectors.joining(", ", "[", "]"));
    }
}

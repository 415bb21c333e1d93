package org.naturalinversion.graph.oracle;

import java.util.Arrays;
import java.util.function.Function;
import org.naturalinversion.tensor.Shape;

/** A tensor of {@link Real}. */
public final class Reals {
    private final Shape shape;
    private final Real[] items;

    Reals(Shape shape, Real[] items) {
        this.shape = shape;
        this.items = items;
    }

    /** The tensor whose item at every index is what the function says. */
    static Reals of(Shape shape, Function<int[], Real> item) {
        Real[] items = new Real[Math.toIntExact(shape.elements())];
        int[] index = new int[shape.rank()];
        for (int i = 0; i < items.length; i++) {
            items[i] = item.apply(index);
            for (int axis = shape.rank() - 1; axis >= 0; axis--) {
                if (++index[axis] < shape.get(axis)) {
                    break;
                }
                index[axis] = 0;
            }
        }
        return new Reals(shape, items);
    }

    /** A tensor of no axes. */
    static Reals scalar(Real value) {
        return new Reals(Shape.SCALAR, new Real[] {value});
    }

    /** A tensor of one axis. */
    static Reals vector(Real... values) {
        return new Reals(Shape.of(values.length), values);
    }

    public Shape shape() {
        return shape;
    }

    /** Extent of one axis; negative axes count from the last. */
    int dim(int axis) {
        return shape.dim(axis);
    }

    /** The item at an index. */
    Real at(int... index) {
        int offset = 0;
        for (int axis = 0; axis < index.length; axis++) {
            if (index[axis] < 0 || index[axis] >= shape.get(axis)) {
                throw new IndexOutOfBoundsException(Arrays.toString(index) + " of " + shape);
            }
            offset = offset * shape.dim(axis) + index[axis];
        }
        return items[offset];
    }

    /** The item at an index, or zero outside: for padding. */
    Real atOrZero(int... index) {
        for (int axis = 0; axis < index.length; axis++) {
            if (index[axis] < 0 || index[axis] >= shape.get(axis)) {
                return Real.ZERO;
            }
        }
        return at(index);
    }

    /** All items, row-major. */
    Real[] items() {
        return items;
    }

    /** This tensor as rows of channels. */
    Reals rows() {
        return new Reals(Shape.of(shape.rows(), shape.channels()), items);
    }

    /** All items' values, row-major. */
    public double[] values() {
        return Arrays.stream(items).mapToDouble(Real::value).toArray();
    }

    Reals map(Function<Real, Real> function) {
        return new Reals(shape, Arrays.stream(items).map(function).toArray(Real[]::new));
    }

    /** The L2 norm of all items. */
    Real norm() {
        Real sum = Real.ZERO;
        for (Real item : items) {
            sum = sum.plus(item.squared());
        }
        return sum.sqrt();
    }
}

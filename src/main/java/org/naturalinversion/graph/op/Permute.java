package org.naturalinversion.graph.op;

import java.util.HashSet;
import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * A tensor of four axes with its axes in another order, and its numbers moved accordingly.
 *
 * @param axes for each axis of the result, which one of the input it is
 */
public record Permute(List<Integer> axes) implements Op {
    public Permute {
        axes = List.copyOf(axes);
        Check.that(
                axes.size() == 4 && new HashSet<>(axes).equals(new HashSet<>(List.of(0, 1, 2, 3))),
                "%s is not an order of four axes",
                axes);
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 1, "has %d inputs", in.size());
        Check.rank(in.get(0), 4);
        Shape x = in.get(0).shape();
        Shape y = Shape.of(axes.stream().mapToLong(x::get).toArray());
        return List.of(in.get(0).kind() == Type.Kind.INDEX ? in.get(0).with(y) : Type.feature(y));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        copy(node, strides(x.shape(), true), strides(y.shape(), false))
                .emit(to, to.dtype(y), to.of(x, to.dtype(y)), to.of(y));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        Slot gy = to.gradient(y, to.dtype(x));
        copy(node, strides(y.shape(), false), strides(x.shape(), true))
                .emit(to, to.dtype(x), gy, to.contribute(x));
    }

    /** Copies along the axes of the result. */
    private static BlockCopy copy(Node node, long[] from, long[] into) {
        return new BlockCopy(0, from, 0, into, node.output(0).shape());
    }

    /** Distances in memory along the axes of the result, or along those of the input. */
    private long[] strides(Shape shape, boolean permuted) {
        long[] own = new long[4];
        long stride = 1;
        for (int axis = 3; axis >= 0; axis--) {
            own[axis] = stride;
            stride *= shape.get(axis);
        }
        return permuted ? axes.stream().mapToLong(axis -> own[axis]).toArray() : own;
    }
}

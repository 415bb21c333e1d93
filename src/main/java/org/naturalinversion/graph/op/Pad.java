package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * Zeros around a tensor of four axes.
 *
 * @param before how many before the first index of each axis
 * @param after how many after the last index of each axis
 */
public record Pad(List<Integer> before, List<Integer> after) implements Op {
    private static final List<Integer> ONES = List.of(1, 1, 1, 1);
    private static final List<Integer> ZEROS = List.of(0, 0, 0, 0);

    public Pad {
        before = List.copyOf(before);
        after = List.copyOf(after);
        for (int axis = 0; axis < 4; axis++) {
            Check.that(before.get(axis) >= 0 && after.get(axis) >= 0, "negative padding");
        }
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.rank(in.get(0), 4);
        Shape shape = in.get(0).shape();
        for (int axis = 0; axis < 4; axis++) {
            shape = shape.with(axis, shape.get(axis) + before.get(axis) + after.get(axis));
        }
        return List.of(
                in.get(0).kind() == Type.Kind.INDEX ? in.get(0).with(shape) : Type.feature(shape));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        BlockCopy.clear(to, to.dtype(y), to.of(y), y.shape());
        BlockCopy.of(x.shape(), ZEROS, ONES, y.shape(), before, ONES, x.shape())
                .emit(to, to.dtype(y), to.of(x, to.dtype(y)), to.of(y));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        Slot gy = to.gradient(y, to.dtype(x));
        BlockCopy.of(y.shape(), before, ONES, x.shape(), ZEROS, ONES, x.shape())
                .emit(to, to.dtype(x), gy, to.contribute(x));
    }
}

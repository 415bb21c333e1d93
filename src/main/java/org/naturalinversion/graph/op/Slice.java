package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * Part of a tensor of four axes: along each axis the indices begin, begin + stride, ... below end,
 * all of them non-negative.
 *
 * @param begin first index of each axis
 * @param end one past the last index of each axis
 * @param stride step of each axis, positive
 */
public record Slice(List<Integer> begin, List<Integer> end, List<Integer> stride) implements Op {
    public Slice {
        begin = List.copyOf(begin);
        end = List.copyOf(end);
        stride = List.copyOf(stride);
    }

    /** Every second pixel of an image of the given size: what strided identity shortcuts take. */
    public static Slice everySecondPixel(Shape x) {
        return new Slice(
                List.of(0, 0, 0, 0),
                List.of(x.dim(0), x.dim(1), x.dim(2), x.dim(3)),
                List.of(1, 2, 2, 1));
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.rank(in.get(0), 4);
        long[] out = new long[4];
        for (int axis = 0; axis < 4; axis++) {
            int from = begin.get(axis);
            int until = end.get(axis);
            Check.that(
                    0 <= from
                            && from < until
                            && until <= in.get(0).shape().get(axis)
                            && stride.get(axis) > 0,
                    "%d to %d by %d of axis %d of %s",
                    from,
                    until,
                    stride.get(axis),
                    axis,
                    in.get(0).shape());
            out[axis] = -Math.floorDiv(from - until, stride.get(axis));
        }
        return List.of(in.get(0).with(Shape.of(out)));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        BlockCopy.of(
                        x.shape(),
                        begin,
                        stride,
                        y.shape(),
                        List.of(0, 0, 0, 0),
                        List.of(1, 1, 1, 1),
                        y.shape())
                .emit(to, to.dtype(x), to.of(x), to.of(y));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        var gx = to.contribute(x);
        BlockCopy.clear(to, to.dtype(x), gx, x.shape());
        BlockCopy.of(
                        y.shape(),
                        List.of(0, 0, 0, 0),
                        List.of(1, 1, 1, 1),
                        x.shape(),
                        begin,
                        stride,
                        y.shape())
                .emit(to, to.dtype(x), to.gradient(y), gx);
    }
}

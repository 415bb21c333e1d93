package org.naturalinversion.graph.op;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * Tensors side by side along one axis; all of one kind, of two or four axes, equal in all other
 * axes.
 */
public record Concat(int axis) implements Op {
    private static final List<Integer> ONES = List.of(1, 1, 1, 1);

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(!in.isEmpty(), "nothing to concatenate");
        Shape first = in.get(0).shape();
        Check.that(first.rank() == 4 || first.rank() == 2, "needs 2 or 4 axes, not %s", first);
        Check.that(axis >= 0 && axis < first.rank(), "there is no axis %d in %s", axis, first);
        long extent = 0;
        for (Type type : in) {
            Check.that(
                    type.shape().rank() == first.rank()
                            && type.shape().with(axis, 0).equals(first.with(axis, 0)),
                    "%s does not fit %s",
                    type.shape(),
                    first);
            extent += type.shape().get(axis);
        }
        Shape shape = first.with(axis, extent);
        return List.of(shape.rank() == 4 ? Type.feature(shape) : in.get(0).with(shape));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value y = node.output(0);
        int at = 0;
        for (Value x : node.inputs()) {
            BlockCopy.of(
                            four(x.shape()),
                            zeros(),
                            ONES,
                            four(y.shape()),
                            offset(at),
                            ONES,
                            four(x.shape()))
                    .emit(to, to.dtype(y), to.of(x, to.dtype(y)), to.of(y));
            at += x.shape().dim(axis);
        }
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value y = node.output(0);
        int at = 0;
        for (Value x : node.inputs()) {
            if (to.wants(x)) {
                Slot gy = to.gradient(y, to.dtype(x));
                BlockCopy.of(
                                four(y.shape()),
                                offset(at),
                                ONES,
                                four(x.shape()),
                                zeros(),
                                ONES,
                                four(x.shape()))
                        .emit(to, to.dtype(x), gy, to.contribute(x));
            }
            at += x.shape().dim(axis);
        }
    }

    private List<Integer> offset(int at) {
        List<Integer> offset = new ArrayList<>(zeros());
        offset.set(axis, at);
        return offset;
    }

    private static List<Integer> zeros() {
        return List.of(0, 0, 0, 0);
    }

    private static Shape four(Shape shape) {
        return shape.rank() == 4 ? shape : Shape.of(shape.get(0), shape.get(1), 1, 1);
    }
}

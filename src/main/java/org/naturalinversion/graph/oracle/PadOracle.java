package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;
import org.naturalinversion.graph.op.Pad;
import org.naturalinversion.tensor.Shape;

/** y[i] = x[i - before] where there is such an item, else 0. */
final class PadOracle implements Oracle<Pad> {
    @Override
    public List<Reals> define(Pad op, List<Reals> in) {
        Reals x = in.get(0);
        long[] extents = x.shape().toArray();
        for (int axis = 0; axis < 4; axis++) {
            extents[axis] += op.before().get(axis) + op.after().get(axis);
        }
        return List.of(
                Reals.of(
                        Shape.of(extents),
                        index -> {
                            int[] from = index.clone();
                            for (int axis = 0; axis < 4; axis++) {
                                from[axis] -= op.before().get(axis);
                            }
                            return x.atOrZero(from);
                        }));
    }

    @Override
    public List<OpCase> cases() {
        Pad space = new Pad(List.of(0, 1, 2, 0), List.of(0, 3, 0, 0));
        Pad channels = new Pad(List.of(0, 0, 0, 4), List.of(0, 0, 0, 3));
        Pad all = new Pad(List.of(1, 2, 3, 4), List.of(4, 3, 2, 1));
        Pad none = new Pad(List.of(0, 0, 0, 0), List.of(0, 0, 0, 0));
        Operand x = feature(Range.NORMAL, 2, 3, 5, 7);
        Operand image = parameter(Range.NORMAL, 2, 3, 5, 3);
        return List.of(
                of("space", space, Tolerance.NONE, x),
                of("channels", channels, Tolerance.NONE, x),
                of("everywhere", all, Tolerance.NONE, x),
                of("nowhere", none, Tolerance.NONE, x),
                of("images", space, Tolerance.NONE, image),
                of("images to feature maps", channels, Tolerance.ROUNDING, image));
    }
}

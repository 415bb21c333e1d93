package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.tensor.Shape;

/** y[i] = x[begin + i stride]. */
final class SliceOracle implements Oracle<Slice> {
    @Override
    public List<Reals> define(Slice op, List<Reals> in) {
        Reals x = in.get(0);
        long[] extents = new long[4];
        for (int axis = 0; axis < 4; axis++) {
            for (int i = op.begin().get(axis); i < op.end().get(axis); i += op.stride().get(axis)) {
                extents[axis]++;
            }
        }
        return List.of(
                Reals.of(
                        Shape.of(extents),
                        index -> {
                            int[] from = new int[4];
                            for (int axis = 0; axis < 4; axis++) {
                                from[axis] =
                                        op.begin().get(axis) + index[axis] * op.stride().get(axis);
                            }
                            return x.at(from);
                        }));
    }

    @Override
    public List<OpCase> cases() {
        Operand x = feature(Range.NORMAL, 2, 5, 6, 7);
        Slice channels = new Slice(List.of(0, 0, 0, 2), List.of(2, 5, 6, 5), List.of(1, 1, 1, 1));
        Slice all = new Slice(List.of(1, 1, 2, 0), List.of(2, 5, 6, 7), List.of(1, 3, 2, 2));
        Slice point = new Slice(List.of(0, 4, 5, 6), List.of(1, 5, 6, 7), List.of(1, 1, 1, 1));
        Operand image = parameter(Range.NORMAL, 2, 7, 5, 3);
        return List.of(
                of("every second pixel", Slice.everySecondPixel(x.shape()), Tolerance.NONE, x),
                of("of images", Slice.everySecondPixel(image.shape()), Tolerance.NONE, image),
                of("channels", channels, Tolerance.NONE, x),
                of("all axes", all, Tolerance.NONE, x),
                of("one number", point, Tolerance.NONE, x));
    }
}

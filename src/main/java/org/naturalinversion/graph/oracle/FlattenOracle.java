package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;

import java.util.List;
import org.naturalinversion.graph.op.Flatten;
import org.naturalinversion.tensor.Shape;

/** Row n holds channel after channel of image n, each row-major. */
final class FlattenOracle implements Oracle<Flatten> {
    @Override
    public List<Reals> define(Flatten op, List<Reals> in) {
        Reals x = in.get(0);
        int width = x.dim(2);
        int pixels = x.dim(1) * width;
        return List.of(
                Reals.of(
                        Shape.of(x.dim(0), (long) pixels * x.dim(3)),
                        index -> {
                            int pixel = index[1] % pixels;
                            int channel = index[1] / pixels;
                            return x.at(index[0], pixel / width, pixel % width, channel);
                        }));
    }

    @Override
    public List<OpCase> cases() {
        return List.of(
                of("an odd map", new Flatten(), Tolerance.NONE, feature(Range.NORMAL, 2, 3, 5, 7)),
                of("one pixel", new Flatten(), Tolerance.NONE, feature(Range.NORMAL, 3, 1, 1, 13)),
                of(
                        "one image in colours",
                        new Flatten(),
                        Tolerance.NONE,
                        feature(Range.NORMAL, 1, 4, 3, 3)));
    }
}

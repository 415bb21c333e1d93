package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.Concat;
import org.naturalinversion.tensor.Shape;

/**
 * Side by side: index i along the axis is index i - (what came before) of the input it falls in.
 */
final class ConcatOracle implements Oracle<Concat> {
    @Override
    public List<Reals> define(Concat op, List<Reals> in) {
        int extent = in.stream().mapToInt(x -> x.dim(op.axis())).sum();
        Shape shape = in.get(0).shape().with(op.axis(), extent);
        return List.of(
                Reals.of(
                        shape,
                        index -> {
                            int[] i = index.clone();
                            int input = 0;
                            while (i[op.axis()] >= in.get(input).dim(op.axis())) {
                                i[op.axis()] -= in.get(input).dim(op.axis());
                                input++;
                            }
                            return in.get(input).at(i);
                        }));
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (int axis = 0; axis < 4; axis++) {
            long[] extents = {2, 3, 5, 7};
            extents[axis] = 6;
            cases.add(
                    of(
                            "axis " + axis,
                            new Concat(axis),
                            Tolerance.NONE,
                            feature(Range.NORMAL, 2, 3, 5, 7),
                            feature(Range.NORMAL, extents)));
        }
        Operand latent = parameter(Range.NORMAL, 3, 13);
        Operand label = parameter(Range.NORMAL, 3, 10).as(Operand.Role.CONSTANT);
        cases.add(of("two axes", new Concat(1), Tolerance.NONE, latent, label));
        cases.add(
                of(
                        "three, stored differently",
                        new Concat(3),
                        Tolerance.ROUNDING,
                        feature(Range.NORMAL, 1, 3, 3, 2),
                        parameter(Range.NORMAL, 1, 3, 3, 1),
                        feature(Range.NORMAL, 1, 3, 3, 5)));
        return cases;
    }
}

package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.Permute;
import org.naturalinversion.tensor.Shape;

/** y[i, j, k, l] = x at the same indices, in the order of its own axes. */
final class PermuteOracle implements Oracle<Permute> {
    @Override
    public List<Reals> define(Permute op, List<Reals> in) {
        Reals x = in.get(0);
        Shape y = Shape.of(op.axes().stream().mapToLong(x.shape()::get).toArray());
        return List.of(
                Reals.of(
                        y,
                        i -> {
                            int[] own = new int[4];
                            for (int axis = 0; axis < 4; axis++) {
                                own[op.axes().get(axis)] = i[axis];
                            }
                            return x.at(own);
                        }));
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (List<Integer> axes :
                List.of(
                        List.of(0, 1, 2, 3),
                        List.of(0, 3, 1, 2),
                        List.of(0, 2, 3, 1),
                        List.of(3, 0, 2, 1))) {
            Permute op = new Permute(axes);
            cases.add(of(axes + "", op, Tolerance.NONE, feature(Range.NORMAL, 3, 5, 6, 7)));
            cases.add(of(axes + ", thin", op, Tolerance.NONE, parameter(Range.NORMAL, 3, 5, 1, 7)));
        }
        return cases;
    }
}

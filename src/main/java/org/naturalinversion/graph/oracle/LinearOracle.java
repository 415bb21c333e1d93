package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;
import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.tensor.Shape;

/** y[n, m] = bias[m] + sum over k of w[m, k] x[n, k]. */
final class LinearOracle implements Oracle<Linear> {
    @Override
    public List<Reals> define(Linear op, List<Reals> in) {
        Reals x = in.get(0);
        Reals w = in.get(1);
        return List.of(
                Reals.of(
                        Shape.of(x.dim(0), w.dim(0)),
                        i -> {
                            Real sum = in.get(2).at(i[1]);
                            for (int k = 0; k < x.dim(1); k++) {
                                sum = sum.plus(w.at(i[1], k).times(x.at(i[0], k)));
                            }
                            return sum;
                        }));
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        int[][] sizes = {
            {1, 1, 1}, {3, 7, 13}, {1, 33, 10}, {17, 64, 5}, {5, 13, 130}, {300, 2, 130}
        };
        for (int[] s : sizes) {
            cases.add(
                    of(
                            "%d x %d to %d".formatted(s[0], s[1], s[2]),
                            new Linear(),
                            Tolerance.SUM,
                            parameter(Range.NORMAL, s[0], s[1]),
                            parameter(Range.NORMAL, s[2], s[1]),
                            parameter(Range.NORMAL, s[2])));
        }
        Operand x = feature(Range.NORMAL, 3, 7);
        Operand w = constant(Range.NORMAL, 5, 7);
        Operand b = constant(Range.NORMAL, 5);
        cases.add(of("frozen weights", new Linear(), Tolerance.SUM, x, w, b));
        Operand latent = x.as(Operand.Role.CONSTANT);
        Operand trained = w.as(Operand.Role.PARAMETER);
        cases.add(of("frozen input", new Linear(), Tolerance.SUM, latent, trained, b));
        return cases;
    }
}

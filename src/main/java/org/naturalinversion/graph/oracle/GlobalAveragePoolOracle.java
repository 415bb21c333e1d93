package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.GlobalAveragePool;
import org.naturalinversion.tensor.Shape;

/** y[n, c] = the mean of x[n, h, w, c] over h and w. */
final class GlobalAveragePoolOracle implements Oracle<GlobalAveragePool> {
    @Override
    public List<Reals> define(GlobalAveragePool op, List<Reals> in) {
        Reals x = in.get(0);
        return List.of(
                Reals.of(
                        Shape.of(x.dim(0), x.dim(3)),
                        i -> {
                            Real sum = Real.ZERO;
                            for (int h = 0; h < x.dim(1); h++) {
                                for (int w = 0; w < x.dim(2); w++) {
                                    sum = sum.plus(x.at(i[0], h, w, i[1]));
                                }
                            }
                            return sum.over(x.dim(1) * x.dim(2));
                        }));
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (int c : new int[] {1, 3, 7, 33, 130}) {
            cases.add(
                    of(
                            c + " channels",
                            new GlobalAveragePool(),
                            Tolerance.SUM,
                            feature(Range.NORMAL, 3, 5, 7, c)));
        }
        Operand large = feature(Range.NORMAL, 1, 29, 31, 5);
        cases.add(of("one large image", new GlobalAveragePool(), Tolerance.SUM, large));
        Operand exact = parameter(Range.NORMAL, 2, 1, 1, 7);
        cases.add(of("one pixel", new GlobalAveragePool(), Tolerance.ROUNDING, exact));
        return cases;
    }
}

package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;
import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;

/** The sum of x[i] w[i]. */
final class DotOracle implements Oracle<Dot> {
    @Override
    public List<Reals> define(Dot op, List<Reals> in) {
        Real sum = Real.ZERO;
        for (int i = 0; i < in.get(0).items().length; i++) {
            sum = sum.plus(in.get(0).items()[i].times(in.get(1).items()[i]));
        }
        return List.of(Reals.scalar(sum));
    }

    @Override
    public List<OpCase> cases() {
        Operand w = constant(Range.POSITIVE, 2, 37, 41, 13);
        return List.of(
                of(
                        "one number",
                        new Dot(),
                        Tolerance.ROUNDING,
                        parameter(Range.NORMAL, 1),
                        constant(Range.NORMAL, 1)),
                of("many", new Dot(), Tolerance.SUM, feature(Range.POSITIVE, 2, 37, 41, 13), w),
                of("exact", new Dot(), Tolerance.SUM, parameter(Range.POSITIVE, 2, 37, 41, 13), w));
    }
}

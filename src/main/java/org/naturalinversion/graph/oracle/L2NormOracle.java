package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;
import org.naturalinversion.graph.op.L2Norm;

/** The square root of the sum of squares. */
final class L2NormOracle implements Oracle<L2Norm> {
    @Override
    public List<Reals> define(L2Norm op, List<Reals> in) {
        return List.of(Reals.scalar(in.get(0).norm()));
    }

    @Override
    public List<OpCase> cases() {
        L2Norm op = new L2Norm();
        Operand zeros = parameter(Range.ZEROS, 2, 3, 5, 7);
        return List.of(
                of("one number", op, Tolerance.SUM, parameter(Range.NORMAL, 1)),
                of("images", op, Tolerance.SUM, parameter(Range.NORMAL, 2, 13, 17, 3)),
                of("feature map", op, Tolerance.SUM, feature(Range.NORMAL, 3, 5, 7, 33)),
                of("large", op, Tolerance.SUM, feature(Range.normal(1, 3), 70001)),
                of("zeros", op, Tolerance.NONE, zeros).notDifferenced());
    }
}

package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;
import org.naturalinversion.graph.op.WeightedSum;

/** The sum of the inputs, each times its weight. */
final class WeightedSumOracle implements Oracle<WeightedSum> {
    @Override
    public List<Reals> define(WeightedSum op, List<Reals> in) {
        Real sum = Real.ZERO;
        for (int i = 0; i < in.size(); i++) {
            sum = sum.plus(in.get(i).at().times(op.weights().get(i)));
        }
        return List.of(Reals.scalar(sum));
    }

    @Override
    public List<OpCase> cases() {
        Operand x = parameter(Range.NORMAL);
        WeightedSum three = new WeightedSum(List.of(1.0, 0.006, -10.0));
        Operand frozen = constant(Range.NORMAL);
        return List.of(
                of("one", new WeightedSum(List.of(3.0)), Tolerance.ROUNDING, x),
                of("three", three, Tolerance.SUM, x, x, x),
                of("one of them frozen", three, Tolerance.SUM, x, frozen, x));
    }
}

package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.FoldBatchNorm;

/** scale = gamma / sqrt(var + epsilon); shift = beta - mean scale. */
final class FoldBatchNormOracle implements Oracle<FoldBatchNorm> {
    @Override
    public List<Reals> define(FoldBatchNorm op, List<Reals> in) {
        Reals gamma = in.get(0);
        Reals beta = in.get(1);
        Reals mean = in.get(2);
        Reals var = in.get(3);
        Reals scale =
                Reals.of(gamma.shape(), c -> gamma.at(c).over(var.at(c).plus(op.epsilon()).sqrt()));
        Reals shift = Reals.of(gamma.shape(), c -> beta.at(c).minus(mean.at(c).times(scale.at(c))));
        return List.of(scale, shift);
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (int c : new int[] {1, 7, 64, 513}) {
            Operand gamma = constant(Range.NORMAL, c);
            Operand var = constant(Range.POSITIVE, c);
            cases.add(
                    of(
                            c + " channels",
                            new FoldBatchNorm(1e-5),
                            Tolerance.ROUNDING,
                            gamma,
                            gamma,
                            gamma,
                            var));
        }
        Operand one = constant(Range.NORMAL, 5);
        Operand still = constant(Range.ZEROS, 5);
        cases.add(of("no variance", new FoldBatchNorm(1e-3), Tolerance.SUM, one, one, one, still));
        return cases;
    }
}

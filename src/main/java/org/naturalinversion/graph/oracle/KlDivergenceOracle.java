package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;
import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.KlDivergence;

/**
 * loss = T^2 / N times the sum of p log(p / q), p = softmax(teacher / T), q = softmax(student / T).
 */
final class KlDivergenceOracle implements Oracle<KlDivergence> {
    @Override
    public List<Reals> define(KlDivergence op, List<Reals> in) {
        double t = op.temperature();
        Reals logQ = SoftmaxCrossEntropyOracle.logSoftmax(in.get(0).map(x -> x.over(t)));
        Reals logP = SoftmaxCrossEntropyOracle.logSoftmax(in.get(1).map(x -> x.over(t)));
        Reals p = logP.map(Real::exp);
        Real sum = Real.ZERO;
        for (int i = 0; i < p.items().length; i++) {
            Real difference = logP.items()[i].minus(logQ.items()[i]);
            sum = sum.plus(p.items()[i].times(difference));
        }
        return List.of(Reals.scalar(sum.times(t * t / p.dim(0))), logQ.map(Real::exp), p);
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (int k : new int[] {2, 10, 100, 1000}) {
            cases.add(
                    of(
                            k + " classes",
                            new KlDivergence(4),
                            Tolerance.CHAIN,
                            parameter(Range.normal(0, 3), 5, k),
                            constant(Range.normal(0, 3), 5, k)));
        }
        Operand far = constant(Range.normal(20, 30), 7, 10);
        Operand student = parameter(Range.normal(0, 3), 7, 10);
        cases.add(of("sure teacher", new KlDivergence(1), Tolerance.CHAIN, student, far));
        Operand feature = feature(Range.NORMAL, 1, 13);
        Operand one = constant(Range.NORMAL, 1, 13);
        cases.add(of("one image", new KlDivergence(20), Tolerance.CHAIN, feature, one));
        return cases;
    }
}

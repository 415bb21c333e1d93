package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.index;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.SoftmaxCrossEntropy;

/**
 * loss = the mean of -log p[n, label[n]], where p[n, k] = exp(x[n, k]) / sum of exp(x[n, .]), that
 * is log p[n, k] = x[n, k] - log of the sum; with smoothing s, -log p of the label counts 1 - s,
 * and that of every class s / K more.
 */
final class SoftmaxCrossEntropyOracle implements Oracle<SoftmaxCrossEntropy> {
    @Override
    public List<Reals> define(SoftmaxCrossEntropy op, List<Reals> in) {
        Reals logP = logSoftmax(in.get(0));
        Real sum = Real.ZERO;
        for (int n = 0; n < logP.dim(0); n++) {
            sum = sum.minus(logP.at(n, in.get(1).at(n).toInt()).times(1 - op.smoothing()));
            for (int k = 0; k < logP.dim(1); k++) {
                sum = sum.minus(logP.at(n, k).times(op.smoothing() / logP.dim(1)));
            }
        }
        return List.of(Reals.scalar(sum.over(logP.dim(0))), logP.map(Real::exp));
    }

    static Reals logSoftmax(Reals x) {
        Real[] sums = new Real[x.dim(0)];
        for (int n = 0; n < sums.length; n++) {
            sums[n] = Real.ZERO;
            for (int k = 0; k < x.dim(1); k++) {
                sums[n] = sums[n].plus(x.at(n, k).exp());
            }
        }
        return Reals.of(x.shape(), i -> x.at(i).minus(sums[i[0]].log()));
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        SoftmaxCrossEntropy op = new SoftmaxCrossEntropy();
        for (int k : new int[] {2, 10, 100, 1000}) {
            cases.add(
                    of(
                            k + " classes",
                            op,
                            Tolerance.SUM,
                            parameter(Range.normal(0, 3), 5, k),
                            index(Range.below(k), 5)));
        }
        Operand labels = index(Range.below(10), 7);
        Operand far = parameter(Range.of(r -> 40 * r.nextInt(-7, 8)), 7, 10);
        cases.add(of("far apart", op, Tolerance.SUM, far, labels));
        Operand equal = parameter(Range.ZEROS, 7, 10);
        cases.add(of("all equal", op, Tolerance.SUM, equal, labels));
        Operand feature = feature(Range.NORMAL, 300, 10);
        cases.add(of("many images", op, Tolerance.SUM, feature, index(Range.below(10), 300)));
        Operand some = parameter(Range.normal(0, 3), 7, 13);
        Operand their = index(Range.below(13), 7);
        cases.add(of("smoothed", new SoftmaxCrossEntropy(0.1), Tolerance.SUM, some, their));
        return cases;
    }
}

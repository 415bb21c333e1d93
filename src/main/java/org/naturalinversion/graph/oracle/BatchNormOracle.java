package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;
import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.graph.op.BatchNorm;

/** y = activation(gamma (x - mean) / sqrt(var + epsilon) + beta), mean and var being those of x. */
final class BatchNormOracle implements Oracle<BatchNorm> {
    @Override
    public List<Reals> define(BatchNorm op, List<Reals> in) {
        Reals x = in.get(0);
        Reals gamma = in.get(1);
        Reals beta = in.get(2);
        List<Reals> statistics = ChannelStatisticsOracle.statistics(x);
        Reals mean = statistics.get(0);
        Reals var = statistics.get(1);
        Reals y =
                Reals.of(
                        x.shape(),
                        i -> {
                            int c = i[i.length - 1];
                            Real deviation = var.at(c).plus(op.epsilon()).sqrt();
                            Real normed = x.at(i).minus(mean.at(c)).over(deviation);
                            Real affine = gamma.at(c).times(normed).plus(beta.at(c));
                            return ActivateOracle.apply(op.activation(), affine);
                        });
        return List.of(y, mean, var);
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        BatchNorm plain = new BatchNorm(1e-5, Activation.IDENTITY);
        for (int c : new int[] {1, 3, 7, 13, 33, 64}) {
            cases.add(
                    of(
                            c + " channels",
                            plain,
                            Tolerance.CHAIN,
                            feature(Range.normal(0.5, 2), 3, 5, 4, c),
                            parameter(Range.POSITIVE, c),
                            parameter(Range.NORMAL, c)));
        }
        List<Activation> activations =
                List.of(Activation.RELU, Activation.leakyRelu(0.2), Activation.RELU6);
        for (Activation f : activations) {
            cases.add(
                    of(
                            f.kind() + " after it",
                            new BatchNorm(1e-5, f),
                            Tolerance.CHAIN,
                            feature(Range.NORMAL, 2, 7, 5, 13),
                            parameter(Range.POSITIVE, 13),
                            parameter(Range.NORMAL, 13)));
        }
        cases.add(
                of(
                        "two axes",
                        plain,
                        Tolerance.CHAIN,
                        parameter(Range.NORMAL, 29, 5),
                        parameter(Range.POSITIVE, 5),
                        parameter(Range.NORMAL, 5)));
        cases.add(
                of(
                        "one row",
                        plain,
                        Tolerance.CHAIN,
                        feature(Range.NORMAL, 1, 1, 1, 7),
                        parameter(Range.POSITIVE, 7),
                        parameter(Range.NORMAL, 7)));
        cases.add(
                of(
                        "far from zero",
                        plain,
                        new Tolerance(1e-4, 1e-2, "the mean is a hundred deviations"),
                        feature(Range.of(r -> 100 + r.nextInt(4) / 2.0), 4, 6, 6, 7),
                        parameter(Range.POSITIVE, 7),
                        parameter(Range.NORMAL, 7)));
        cases.add(
                of(
                        "scale and shift frozen",
                        plain,
                        Tolerance.CHAIN,
                        feature(Range.NORMAL, 2, 3, 3, 7),
                        constant(Range.POSITIVE, 7),
                        constant(Range.NORMAL, 7)));
        cases.add(
                of(
                                "large",
                                new BatchNorm(1e-5, Activation.leakyRelu(0.2)),
                                Tolerance.CHAIN,
                                feature(Range.normal(0.5, 2), 4, 31, 33, 13),
                                parameter(Range.POSITIVE, 13),
                                parameter(Range.NORMAL, 13))
                        .notDifferenced());
        return cases;
    }
}

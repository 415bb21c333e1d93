package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;
import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.graph.op.FrozenBatchNorm;

/** y = activation(scale x + shift + residual); with statistics, also mean and variance of x. */
final class FrozenBatchNormOracle implements Oracle<FrozenBatchNorm> {
    @Override
    public List<Reals> define(FrozenBatchNorm op, List<Reals> in) {
        Reals x = in.get(0);
        Reals scale = in.get(1);
        Reals shift = in.get(2);
        Reals y =
                Reals.of(
                        x.shape(),
                        i -> {
                            int c = i[i.length - 1];
                            Real affine = scale.at(c).times(x.at(i)).plus(shift.at(c));
                            Real sum = op.residual() ? affine.plus(in.get(4).at(i)) : affine;
                            return ActivateOracle.apply(op.activation(), sum);
                        });
        List<Reals> outputs = new ArrayList<>(List.of(y));
        if (op.statistics()) {
            outputs.addAll(ChannelStatisticsOracle.statistics(x));
        }
        return outputs;
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (int c : new int[] {1, 3, 7, 13, 33, 64}) {
            cases.add(one(c + " channels", Activation.IDENTITY, false, false, c));
            cases.add(one(c + " channels, all of it", Activation.RELU, true, true, c));
        }
        for (Activation f :
                List.of(
                        Activation.IDENTITY,
                        Activation.RELU,
                        Activation.leakyRelu(0.1),
                        Activation.RELU6)) {
            cases.add(one(f.kind() + "", f, false, false, 13));
            cases.add(one(f.kind() + ", residual", f, true, false, 13));
            cases.add(one(f.kind() + ", statistics", f, false, true, 13));
        }
        Operand x = feature(Range.NORMAL, 2, 3, 5, 7);
        Operand c = constant(Range.NORMAL, 7);
        Operand residual = parameter(Range.NORMAL, 2, 3, 5, 7);
        FrozenBatchNorm all = new FrozenBatchNorm(Activation.RELU, true, true);
        cases.add(of("residual that is stored exactly", all, Tolerance.SUM, x, c, c, c, residual));
        Operand frozen = residual.as(Operand.Role.CONSTANT);
        cases.add(of("frozen residual", all, Tolerance.SUM, x, c, c, c, frozen));
        Operand still = x.as(Operand.Role.CONSTANT);
        cases.add(of("only the residual trained", all, Tolerance.SUM, still, c, c, c, residual));
        cases.add(
                of(
                        "far from zero",
                        new FrozenBatchNorm(Activation.IDENTITY, false, true),
                        new Tolerance(1e-5, 1e-2, "the mean is a hundred deviations"),
                        feature(Range.of(r -> 100 + r.nextInt(4) / 2.0), 4, 6, 6, 7),
                        constant(Range.POSITIVE, 7),
                        constant(Range.NORMAL, 7),
                        constant(Range.normal(100, 1), 7)));
        cases.add(
                of(
                                "large",
                                all,
                                Tolerance.SUM,
                                feature(Range.normal(0.5, 2), 4, 31, 33, 13),
                                constant(Range.POSITIVE, 13),
                                constant(Range.NORMAL, 13),
                                constant(Range.normal(0.5, 0.3), 13),
                                feature(Range.NORMAL, 4, 31, 33, 13))
                        .notDifferenced());
        return cases;
    }

    private OpCase one(String name, Activation f, boolean residual, boolean statistics, int c) {
        List<Operand> inputs =
                new ArrayList<>(
                        List.of(
                                feature(Range.normal(0.5, 2), 3, 4, 5, c),
                                constant(Range.POSITIVE, c),
                                constant(Range.NORMAL, c),
                                constant(Range.normal(0.5, 0.3), c)));
        if (residual) {
            inputs.add(feature(Range.NORMAL, 3, 4, 5, c));
        }
        return of(
                name,
                new FrozenBatchNorm(f, residual, statistics),
                f.equals(Activation.RELU6) ? Tolerance.CUT : Tolerance.SUM,
                inputs.toArray(Operand[]::new));
    }
}

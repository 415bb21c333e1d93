package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.graph.op.Activate;

/** y = f(x); at kinks, the derivative is that of the constant side. */
final class ActivateOracle implements Oracle<Activate> {
    @Override
    public List<Reals> define(Activate op, List<Reals> in) {
        return List.of(in.get(0).map(x -> apply(op.activation(), x)));
    }

    static Real apply(Activation f, Real x) {
        return switch (f.kind()) {
            case IDENTITY -> x;
            case RELU -> x.value() > 0 ? x : Real.ZERO;
            case LEAKY_RELU -> x.value() > 0 ? x : x.times(f.slope());
            case RELU6 -> x.clamp(0, 6);
            case TANH -> x.tanh();
            case SIGMOID -> sigmoid(x);
            case SILU -> x.times(sigmoid(x));
            case HARD_SIGMOID -> hardSigmoid(x);
            case HARD_SWISH -> x.times(hardSigmoid(x));
        };
    }

    private static Real sigmoid(Real x) {
        return Real.of(1).over(x.negate().exp().plus(1));
    }

    private static Real hardSigmoid(Real x) {
        return x.over(6).plus(0.5).clamp(0, 1);
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (Activation.Kind kind : Activation.Kind.values()) {
            Activation f =
                    kind == Activation.Kind.LEAKY_RELU
                            ? Activation.leakyRelu(0.2)
                            : new Activation(kind, 0);
            Activate op = new Activate(f);
            // No kink at 0, 6 or -3, 3 is met: the numbers are odd multiples of 1/16.
            Range range = Range.of(r -> (2 * r.nextInt(-64, 64) + 1) / 16.0);
            cases.add(of(kind + ", wide", op, Tolerance.ROUNDING, feature(range, 3, 5, 7, 13)));
            Range one = Range.values(0.6875);
            cases.add(of(kind + ", one number", op, Tolerance.ROUNDING, feature(one, 1, 1, 1, 1)));
            Range small = Range.of(r -> (r.nextBoolean() ? 1e-3 : -1e-3) * (0.1 + r.nextDouble()));
            cases.add(of(kind + ", small", op, Tolerance.ROUNDING, parameter(small, 4099)));
        }
        Range far = Range.values(-200, -90, -30, -10, -1, 1, 10, 30, 90, 200);
        for (Activation f : List.of(Activation.TANH, Activation.SIGMOID, Activation.SILU)) {
            cases.add(
                    of(
                            f.kind() + ", far out",
                            new Activate(f),
                            Tolerance.ROUNDING,
                            parameter(far, 10)));
        }
        Operand large = feature(Range.APART_FROM_ZERO, 40, 1031);
        Activate relu = new Activate(Activation.RELU);
        cases.add(of("RELU, large", relu, Tolerance.ROUNDING, large).notDifferenced());
        return cases;
    }
}

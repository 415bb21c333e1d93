package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.StatisticsDistance;

/** ||mean - running mean||_2 + ||var - running var||_2; the norms are given, too. */
final class StatisticsDistanceOracle implements Oracle<StatisticsDistance> {
    @Override
    public List<Reals> define(StatisticsDistance op, List<Reals> in) {
        Real mean = difference(in.get(0), in.get(2)).norm();
        Real var = difference(in.get(1), in.get(3)).norm();
        return List.of(Reals.scalar(mean.plus(var)), Reals.vector(mean, var));
    }

    private static Reals difference(Reals a, Reals b) {
        return Reals.of(a.shape(), i -> a.at(i).minus(b.at(i)));
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        StatisticsDistance op = new StatisticsDistance();
        for (int c : new int[] {1, 7, 64, 513}) {
            Operand mean = parameter(Range.NORMAL, c);
            Operand var = parameter(Range.POSITIVE, c);
            cases.add(
                    of(
                            c + " channels",
                            op,
                            Tolerance.SUM,
                            mean,
                            var,
                            mean.as(Operand.Role.CONSTANT),
                            var.as(Operand.Role.CONSTANT)));
        }
        Operand zeros = parameter(Range.ZEROS, 5);
        Operand frozen = constant(Range.ZEROS, 5);
        Operand var = parameter(Range.POSITIVE, 5);
        cases.add(
                of("no distance", op, Tolerance.NONE, zeros, zeros, frozen, frozen)
                        .notDifferenced());
        cases.add(
                of("equal means", op, Tolerance.SUM, zeros, var, frozen, frozen).notDifferenced());
        Operand still = var.as(Operand.Role.CONSTANT);
        cases.add(of("only means trained", op, Tolerance.SUM, var, still, frozen, frozen));
        return cases;
    }
}

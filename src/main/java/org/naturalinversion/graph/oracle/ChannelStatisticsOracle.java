package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.ChannelStatistics;
import org.naturalinversion.tensor.Shape;

/** mean[c] = sum of x over rows / rows; var[c] = sum of (x - mean)^2 over rows / rows. */
final class ChannelStatisticsOracle implements Oracle<ChannelStatistics> {
    @Override
    public List<Reals> define(ChannelStatistics op, List<Reals> in) {
        return statistics(in.get(0));
    }

    static List<Reals> statistics(Reals tensor) {
        Reals x = tensor.rows();
        Shape channels = Shape.of(x.dim(1));
        Reals mean =
                Reals.of(
                        channels,
                        c -> {
                            Real sum = Real.ZERO;
                            for (int row = 0; row < x.dim(0); row++) {
                                sum = sum.plus(x.at(row, c[0]));
                            }
                            return sum.over(x.dim(0));
                        });
        Reals var =
                Reals.of(
                        channels,
                        c -> {
                            Real sum = Real.ZERO;
                            for (int row = 0; row < x.dim(0); row++) {
                                sum = sum.plus(x.at(row, c[0]).minus(mean.at(c)).squared());
                            }
                            return sum.over(x.dim(0));
                        });
        return List.of(mean, var);
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        ChannelStatistics op = new ChannelStatistics();
        for (int c : new int[] {1, 3, 7, 13, 33, 64, 130}) {
            cases.add(
                    of(
                            c + " channels",
                            op,
                            Tolerance.SUM,
                            feature(Range.normal(0.5, 2), 3, 5, 7, c)));
        }
        cases.add(of("one row", op, Tolerance.SUM, parameter(Range.NORMAL, 1, 7)));
        Operand many = feature(Range.normal(0.5, 2), 8, 49, 50, 5);
        cases.add(of("many rows", op, Tolerance.SUM, many).notDifferenced());
        cases.add(
                of(
                        "far from zero",
                        op,
                        new Tolerance(1e-4, 1e-2, "the mean is a hundred deviations"),
                        feature(Range.of(r -> 100 + r.nextInt(4) / 2.0), 4, 6, 6, 7)));
        return cases;
    }
}

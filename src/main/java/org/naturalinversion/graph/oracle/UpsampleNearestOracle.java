package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.UpsampleNearest;

/** y[n, i, j, c] = x[n, floor(i H / height), floor(j W / width), c]. */
final class UpsampleNearestOracle implements Oracle<UpsampleNearest> {
    @Override
    public List<Reals> define(UpsampleNearest op, List<Reals> in) {
        Reals x = in.get(0);
        int height = op.height();
        int width = op.width();
        return List.of(
                Reals.of(
                        x.shape().with(1, height).with(2, width),
                        i -> {
                            int row = i[1] * x.dim(1) / height;
                            int column = i[2] * x.dim(2) / width;
                            return x.at(i[0], row, column, i[3]);
                        }));
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (int c : new int[] {1, 3, 7, 33, 130}) {
            cases.add(
                    of(
                            "doubling, " + c + " channels",
                            new UpsampleNearest(6, 10),
                            Tolerance.SUM,
                            feature(Range.NORMAL, 2, 3, 5, c)));
        }
        Operand x = feature(Range.NORMAL, 1, 3, 5, 7);
        cases.add(of("odd ratios", new UpsampleNearest(7, 13), Tolerance.SUM, x));
        cases.add(of("unchanged", new UpsampleNearest(3, 5), Tolerance.NONE, x));
        Operand pixel = parameter(Range.NORMAL, 2, 1, 1, 3);
        cases.add(of("from a pixel", new UpsampleNearest(4, 7), Tolerance.SUM, pixel));
        return cases;
    }
}

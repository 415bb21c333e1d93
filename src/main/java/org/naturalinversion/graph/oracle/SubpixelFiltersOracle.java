package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;
import org.naturalinversion.graph.op.SubpixelFilters;

/** w4[o, i, a, b] = sum of w3[o, i, 2 - p, 2 - q] over p in {a - 1, a}, q in {b - 1, b}. */
final class SubpixelFiltersOracle implements Oracle<SubpixelFilters> {
    @Override
    public List<Reals> define(SubpixelFilters op, List<Reals> in) {
        Reals w = in.get(0);
        return List.of(
                Reals.of(
                        w.shape().with(2, 4).with(3, 4),
                        i -> {
                            Real sum = Real.ZERO;
                            for (int p = i[2] - 1; p <= i[2]; p++) {
                                for (int q = i[3] - 1; q <= i[3]; q++) {
                                    sum = sum.plus(w.atOrZero(i[0], i[1], 2 - p, 2 - q));
                                }
                            }
                            return sum;
                        }));
    }

    @Override
    public List<OpCase> cases() {
        return List.of(
                of(
                        "7 to 13",
                        new SubpixelFilters(),
                        Tolerance.ROUNDING,
                        parameter(Range.NORMAL, 13, 7, 3, 3)),
                of(
                        "1 to 1",
                        new SubpixelFilters(),
                        Tolerance.ROUNDING,
                        parameter(Range.NORMAL, 1, 1, 3, 3)));
    }
}

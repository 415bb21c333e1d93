package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.constant;

import java.util.List;
import org.naturalinversion.graph.op.ScaleFilters;

/** y[o, i, a, b] = w[o, i, a, b] scale[o]. */
final class ScaleFiltersOracle implements Oracle<ScaleFilters> {
    @Override
    public List<Reals> define(ScaleFilters op, List<Reals> in) {
        Reals w = in.get(0);
        return List.of(Reals.of(w.shape(), i -> w.at(i).times(in.get(1).at(i[0]))));
    }

    @Override
    public List<OpCase> cases() {
        return List.of(
                of(
                        "3x3",
                        new ScaleFilters(),
                        Tolerance.ROUNDING,
                        constant(Range.NORMAL, 13, 7, 3, 3),
                        constant(Range.POSITIVE, 13)),
                of(
                        "1x1",
                        new ScaleFilters(),
                        Tolerance.ROUNDING,
                        constant(Range.NORMAL, 33, 1, 1, 1),
                        constant(Range.NORMAL, 33)));
    }
}

package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;

import java.util.List;
import org.naturalinversion.graph.op.StopGradient;

/** y = x, and dy/dx = 0. */
final class StopGradientOracle implements Oracle<StopGradient> {
    @Override
    public List<Reals> define(StopGradient op, List<Reals> in) {
        return List.of(in.get(0).map(x -> Real.of(x.value())));
    }

    @Override
    public List<OpCase> cases() {
        Operand x = feature(Range.NORMAL, 2, 3, 5, 7);
        return List.of(of("feature map", new StopGradient(), Tolerance.NONE, x));
    }
}

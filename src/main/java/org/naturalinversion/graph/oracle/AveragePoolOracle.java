package org.naturalinversion.graph.oracle;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.op.AveragePool;

/** y = the sum of what a window sees, divided by how many positions that are. */
final class AveragePoolOracle implements Oracle<AveragePool> {
    @Override
    public List<Reals> define(AveragePool op, List<Reals> in) {
        Reals x = in.get(0);
        Window w = op.window();
        return List.of(
                Reals.of(
                        PoolWindow.pooled(x.shape(), w, op.ceil()),
                        i -> {
                            List<int[]> seen = PoolWindow.seen(x.shape(), w, i[1], i[2]);
                            Real sum = Real.ZERO;
                            for (int[] p : seen) {
                                sum = sum.plus(x.at(i[0], p[0], p[1], i[3]));
                            }
                            int padded = PoolWindow.seenWithPadding(x.shape(), w, i[1], i[2]);
                            return sum.over(op.countPadding() ? padded : seen.size());
                        }));
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (PoolWindow.Case c : PoolWindow.cases(false)) {
            Operand x = new Operand(Operand.Role.FEATURE, Range.NORMAL, c.x());
            cases.add(of(c.name(), new AveragePool(c.window(), c.ceil(), false), Tolerance.SUM, x));
            cases.add(
                    of(
                            c.name() + ", padding counts",
                            new AveragePool(c.window(), c.ceil(), true),
                            Tolerance.SUM,
                            x));
        }
        return cases;
    }
}

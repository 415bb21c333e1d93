package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.ChannelScale;

/** y[n, h, w, c] = x[n, h, w, c] a[n, c]. */
final class ChannelScaleOracle implements Oracle<ChannelScale> {
    @Override
    public List<Reals> define(ChannelScale op, List<Reals> in) {
        Reals x = in.get(0);
        Reals a = in.get(1);
        return List.of(Reals.of(x.shape(), i -> x.at(i).times(a.at(i[0], i[3]))));
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        ChannelScale op = new ChannelScale();
        for (int c : new int[] {1, 3, 7, 33, 130}) {
            cases.add(
                    of(
                            c + " channels",
                            op,
                            Tolerance.SUM,
                            feature(Range.NORMAL, 3, 5, 4, c),
                            parameter(Range.normal(5, 1), 3, c)));
        }
        Operand x = parameter(Range.NORMAL, 1, 31, 19, 3);
        Operand a = feature(Range.NORMAL, 1, 3);
        cases.add(of("one image", op, Tolerance.SUM, x, a));
        cases.add(of("frozen scale", op, Tolerance.SUM, x, a.as(Operand.Role.CONSTANT)));
        cases.add(of("frozen images", op, Tolerance.SUM, x.as(Operand.Role.CONSTANT), a));
        return cases;
    }
}

package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;
import org.naturalinversion.graph.op.ChannelShuffle;

/** Channel g (C/groups) + k moves to channel k groups + g. */
final class ChannelShuffleOracle implements Oracle<ChannelShuffle> {
    @Override
    public List<Reals> define(ChannelShuffle op, List<Reals> in) {
        Reals x = in.get(0);
        int last = x.shape().rank() - 1;
        int each = x.dim(last) / op.groups();
        return List.of(
                Reals.of(
                        x.shape(),
                        index -> {
                            int[] from = index.clone();
                            int group = index[last] % op.groups();
                            from[last] = group * each + index[last] / op.groups();
                            return x.at(from);
                        }));
    }

    @Override
    public List<OpCase> cases() {
        return List.of(
                of(
                        "2 groups",
                        new ChannelShuffle(2),
                        Tolerance.NONE,
                        feature(Range.NORMAL, 2, 3, 5, 14)),
                of(
                        "3 groups",
                        new ChannelShuffle(3),
                        Tolerance.NONE,
                        feature(Range.NORMAL, 1, 5, 3, 39)),
                of(
                        "a group for each",
                        new ChannelShuffle(7),
                        Tolerance.NONE,
                        parameter(Range.NORMAL, 5, 7)));
    }
}

package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * Deals the channels of each group out to all groups (ShuffleNet, Zhang et al. 2018): channel g
 * (C/groups) + k moves to channel k groups + g. Input x [..., C].
 */
public record ChannelShuffle(int groups) implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 1, "has %d inputs", in.size());
        int c = in.get(0).shape().channels();
        Check.that(groups > 0 && c % groups == 0, "%d channels do not make %d groups", c, groups);
        return in;
    }

    @Override
    public void forward(Node node, Lowering to) {
        long each = node.input(0).shape().channels() / groups;
        move(node, to, to.of(node.input(0)), each, 1, to.of(node.output(0)), 1, groups);
    }

    @Override
    public void backward(Node node, Lowering to) {
        long each = node.input(0).shape().channels() / groups;
        Slot gy = to.gradient(node.output(0));
        move(node, to, gy, 1, groups, to.contribute(node.input(0)), each, 1);
    }

    /** Copies channel by channel; strides are those of group and channel in the group. */
    private void move(
            Node node,
            Lowering to,
            Slot from,
            long fromGroup,
            long fromChannel,
            Slot into,
            long intoGroup,
            long intoChannel) {
        Value x = node.input(0);
        long c = x.shape().channels();
        new BlockCopy(
                        0,
                        new long[] {0, c, fromGroup, fromChannel},
                        0,
                        new long[] {0, c, intoGroup, intoChannel},
                        Shape.of(1, x.shape().rows(), groups, c / groups))
                .emit(to, to.dtype(x), from, into);
    }
}

package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;

/**
 * Mean and biased variance of every channel over batch and space. Input x [..., C]; outputs mean
 * [C], var [C].
 */
public record ChannelStatistics() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        int c = in.get(0).shape().channels();
        return List.of(Type.exact(c), Type.exact(c));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        int c = x.shape().channels();
        to.call(
                "channel_statistics",
                to.dtype(x),
                to.of(x),
                null,
                to.of(node.output(0)),
                to.of(node.output(1)),
                to.partials(2L * c),
                x.shape().rows(),
                c);
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        to.call(
                "channel_statistics_backward",
                to.dtype(x),
                to.of(x),
                to.of(node.output(0)),
                to.gradient(node.output(0)),
                to.gradient(node.output(1)),
                to.contribute(x),
                x.shape().rows(),
                x.shape().channels());
    }
}

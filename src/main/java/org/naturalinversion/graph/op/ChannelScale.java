package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.Shape;

/**
 * y[n, h, w, c] = x[n, h, w, c] a[n, c]: Adaptive Channel Scaling. Inputs: x [N, H, W, C], a [N,
 * C].
 */
public record ChannelScale() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.rank(in.get(0), 4);
        Shape x = in.get(0).shape();
        Shape a = in.get(1).shape();
        Check.that(
                a.rank() == 2 && a.get(0) == x.get(0) && a.get(1) == x.get(3),
                "%s does not fit %s",
                a,
                x);
        return List.of(in.get(0));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        Shape s = x.shape();
        to.call(
                "channel_scale_forward",
                to.dtype(x),
                to.of(x),
                to.of(node.input(1), DType.F32),
                to.of(node.output(0)),
                s.get(0),
                s.get(1) * s.get(2),
                s.get(3));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Value a = node.input(1);
        Slot gy = to.gradient(node.output(0));
        Slot gx = to.wants(x) ? to.contribute(x) : null;
        if (to.wants(a)) {
            to.contribute(a, DType.F32, ga -> backward(node, to, gy, gx, ga));
        } else {
            backward(node, to, gy, gx, null);
        }
    }

    private static void backward(Node node, Lowering to, Slot gy, Slot gx, Slot ga) {
        Value x = node.input(0);
        Shape s = x.shape();
        to.call(
                "channel_scale_backward",
                to.dtype(x),
                to.of(x),
                to.of(node.input(1), DType.F32),
                gy,
                gx,
                ga,
                s.get(0),
                s.get(1) * s.get(2),
                s.get(3));
    }
}

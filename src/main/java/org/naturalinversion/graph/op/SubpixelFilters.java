package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * Turns the weights of a 3x3 convolution that follows a doubling nearest upsampling into those of
 * the 4x4 transposed convolution of stride 2 and padding 1 that equals both, at 4/9 of the
 * multiplications: the 3x3 filter, mirrored, convolved with a 2x2 box. w3 [O, I, 3, 3] becomes
 * w4[o, i, a, b] = sum over p in {a-1, a}, q in {b-1, b} of w3[o, i, 2-p, 2-q].
 */
public record SubpixelFilters() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Shape w = in.get(0).shape();
        Check.that(w.rank() == 4 && w.get(2) == 3 && w.get(3) == 3, "needs 3x3 filters, not %s", w);
        return List.of(Type.exact(w.get(0), w.get(1), 4, 4));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Shape w = node.input(0).shape();
        to.call(
                "subpixel_filters_forward",
                to.of(node.input(0)),
                to.of(node.output(0)),
                w.get(0) * w.get(1));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value w = node.input(0);
        to.call(
                "subpixel_filters_backward",
                to.gradient(node.output(0)),
                to.contribute(w),
                w.shape().get(0) * w.shape().get(1));
    }
}

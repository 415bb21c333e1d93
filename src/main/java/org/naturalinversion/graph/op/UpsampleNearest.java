package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * Nearest-neighbour resize to the given size: y[n, i, j, c] = x[n, floor(i H / height), floor(j W /
 * width), c], as PyTorch's {@code nearest}. Input x [N, H, W, C], no larger than the output.
 */
public record UpsampleNearest(int height, int width) implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.rank(in.get(0), 4);
        Shape x = in.get(0).shape();
        Check.that(
                height >= x.get(1) && width >= x.get(2),
                "%s is larger than %d x %d",
                x,
                height,
                width);
        return List.of(in.get(0).with(x.with(1, height).with(2, width)));
    }

    /** Whether this doubles both extents of x. */
    public boolean isDoubling(Shape x) {
        return height == 2 * x.get(1) && width == 2 * x.get(2);
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        Shape s = x.shape();
        to.call(
                "upsample_nearest_forward",
                to.dtype(x),
                to.of(x),
                to.of(node.output(0)),
                s.get(0),
                s.get(1),
                s.get(2),
                height,
                width,
                s.get(3));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Shape s = x.shape();
        to.call(
                "upsample_nearest_backward",
                to.dtype(x),
                to.gradient(node.output(0)),
                to.contribute(x),
                s.get(0),
                s.get(1),
                s.get(2),
                height,
                width,
                s.get(3));
    }
}

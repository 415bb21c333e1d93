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
 * Every image as one row, channel after channel, as in PyTorch, where images are [N, C, H, W]: what
 * a fully connected layer behind a feature map was trained on. Input x [N, H, W, C]; output [N, C H
 * W], float32.
 */
public record Flatten() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 1, "has %d inputs", in.size());
        Check.rank(in.get(0), 4);
        Shape x = in.get(0).shape();
        return List.of(Type.exact(x.get(0), x.get(1) * x.get(2) * x.get(3)));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        new BlockCopy(0, images(x.shape()), 0, rows(x.shape()), block(x.shape()))
                .emit(to, DType.F32, to.of(x, DType.F32), to.of(node.output(0)));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Slot gy = to.gradient(node.output(0));
        BlockCopy back = new BlockCopy(0, rows(x.shape()), 0, images(x.shape()), block(x.shape()));
        to.contribute(x, DType.F32, gx -> back.emit(to, DType.F32, gy, gx));
    }

    private static Shape block(Shape x) {
        return Shape.of(1, x.get(0), x.get(1) * x.get(2), x.get(3));
    }

    /** Strides of image, pixel and channel in [N, H, W, C]. */
    private static long[] images(Shape x) {
        return new long[] {0, x.get(1) * x.get(2) * x.get(3), x.get(3), 1};
    }

    /** Strides of image, pixel and channel in [N, C H W]. */
    private static long[] rows(Shape x) {
        long pixels = x.get(1) * x.get(2);
        return new long[] {0, pixels * x.get(3), 1, pixels};
    }
}

package org.naturalinversion.graph.op;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * The mean of what each window sees, channel by channel. Input x [N, H, W, C].
 *
 * @param window kernel, stride, padding; no dilation
 * @param ceil whether a last window that is not whole counts
 * @param countPadding whether padding counts as zeros; what a last window has beyond the padding
 *     never does
 */
public record AveragePool(Window window, boolean ceil, boolean countPadding) implements Op {
    public AveragePool {
        Check.that(
                window.dilationHeight() == 1 && window.dilationWidth() == 1,
                "there is no dilated average");
    }

    /** Windows of the given extents, side by side. */
    public static AveragePool tiles(int height, int width) {
        return new AveragePool(
                new Window(height, width, height, width, 0, 0, 0, 0, 1, 1), false, false);
    }

    /** With a window of any kind but dilated ones. */
    public static AveragePool of(Sliding window, boolean ceil, boolean countPadding) {
        return new AveragePool(window.window(), ceil, countPadding);
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 1, "has %d inputs", in.size());
        Check.rank(in.get(0), 4);
        return List.of(in.get(0).with(Windows.pooled(in.get(0).shape(), window, ceil)));
    }

    /** The window as plain numbers. */
    public Sliding sliding() {
        return Sliding.of(window);
    }

    @Override
    public void forward(Node node, Lowering to) {
        call("average_pool_forward", node, to, to.of(node.input(0)), to.of(node.output(0)));
    }

    @Override
    public void backward(Node node, Lowering to) {
        call(
                "average_pool_backward",
                node,
                to,
                to.gradient(node.output(0)),
                to.contribute(node.input(0)));
    }

    private void call(String kernel, Node node, Lowering to, Slot from, Slot into) {
        Value x = node.input(0);
        Shape y = node.output(0).shape();
        List<Object> arguments = new ArrayList<>(List.of(to.dtype(x), from, into));
        for (int axis = 0; axis < 4; axis++) {
            arguments.add(x.shape().get(axis));
        }
        arguments.add(y.get(1));
        arguments.add(y.get(2));
        arguments.addAll(
                List.of(
                        window.kernelHeight(),
                        window.kernelWidth(),
                        window.strideHeight(),
                        window.strideWidth(),
                        window.padTop(),
                        window.padLeft(),
                        window.padBottom(),
                        window.padRight(),
                        countPadding ? 1 : 0));
        to.call(kernel, arguments.toArray());
    }
}

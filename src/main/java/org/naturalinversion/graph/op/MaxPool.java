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
 * The largest value that each window sees, channel by channel; padding is never the largest. The
 * gradient goes to the first of equals. Input x [N, H, W, C]; outputs: y, and where in its image
 * each maximum was found, as row * W + column, int32.
 *
 * @param window kernel, stride, padding, dilation
 * @param ceil whether a last window that is not whole counts
 */
public record MaxPool(Window window, boolean ceil) implements Op {
    /** Square windows, whole ones only. */
    public static MaxPool of(int kernel, int stride, int padding) {
        return new MaxPool(Window.square(kernel, stride, padding), false);
    }

    /** With a window of any kind. */
    public static MaxPool of(Sliding window, boolean ceil) {
        return new MaxPool(window.window(), ceil);
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 1, "has %d inputs", in.size());
        Check.rank(in.get(0), 4);
        Shape y = Windows.pooled(in.get(0).shape(), window, ceil);
        return List.of(in.get(0).with(y), new Type(y, Type.Kind.INDEX));
    }

    @Override
    public boolean isDifferentiable(int output) {
        return output == 0;
    }

    /** The window as plain numbers. */
    public Sliding sliding() {
        return Sliding.of(window);
    }

    @Override
    public void forward(Node node, Lowering to) {
        call(
                "max_pool_forward",
                node,
                to,
                to.of(node.input(0)),
                to.of(node.output(0)),
                to.of(node.output(1)));
    }

    @Override
    public void backward(Node node, Lowering to) {
        call(
                "max_pool_backward",
                node,
                to,
                to.of(node.output(1)),
                to.gradient(node.output(0)),
                to.contribute(node.input(0)));
    }

    private void call(String kernel, Node node, Lowering to, Slot... memory) {
        Value x = node.input(0);
        Shape y = node.output(0).shape();
        List<Object> arguments = new ArrayList<>(List.of(to.dtype(x)));
        arguments.addAll(List.of(memory));
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
                        window.dilationHeight(),
                        window.dilationWidth()));
        to.call(kernel, arguments.toArray());
    }
}

package org.naturalinversion.graph.op;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.Shape;

/**
 * y = activation(convolution(x, w) + bias + residual). Inputs: x [N, H, W, I], w [O, I/groups, KH,
 * KW], bias [O] if there is one, residual of y's shape if there is one.
 *
 * @param window kernel, stride, padding, dilation
 * @param groups as in PyTorch
 * @param transposed whether this is ConvTranspose2d; w is [O, I/groups, KH, KW] all the same
 * @param bias whether the third input is a bias
 * @param residual whether the last input is a residual
 * @param activation applied last
 */
public record Conv2d(
        Window window,
        int groups,
        boolean transposed,
        boolean bias,
        boolean residual,
        Activation activation)
        implements Op {

    public Conv2d {
        Check.that(groups > 0, "groups must be positive, not %d", groups);
        Check.that(
                activation.derivativeFromResult(),
                "%s cannot be fused into a convolution",
                activation.kind());
    }

    /** A square convolution without residual and activation. */
    public static Conv2d of(int kernel, int stride, int padding, boolean bias) {
        return grouped(kernel, stride, padding, 1, bias);
    }

    /** A square convolution in groups, without residual and activation. */
    public static Conv2d grouped(int kernel, int stride, int padding, int groups, boolean bias) {
        return new Conv2d(
                Window.square(kernel, stride, padding),
                groups,
                false,
                bias,
                false,
                Activation.IDENTITY);
    }

    /** A convolution with a window of any kind, without residual and activation. */
    public static Conv2d of(Sliding window, int groups, boolean bias) {
        return new Conv2d(window.window(), groups, false, bias, false, Activation.IDENTITY);
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(
                in.size() == 2 + (bias ? 1 : 0) + (residual ? 1 : 0), "has %d inputs", in.size());
        Shape x = in.get(0).shape();
        Shape w = in.get(1).shape();
        Check.rank(in.get(0), 4);
        Check.rank(in.get(1), 4);
        Check.that(
                w.get(1) * groups == x.channels() && w.get(0) % groups == 0,
                "weights %s do not fit %d channels in %d groups",
                w,
                x.channels(),
                groups);
        Check.that(
                w.get(2) == window.kernelHeight() && w.get(3) == window.kernelWidth(),
                "weights %s do not fit a window of %d x %d",
                w,
                window.kernelHeight(),
                window.kernelWidth());
        if (bias) {
            Check.vector(in.get(2), w.get(0), "the bias");
        }
        ConvolutionSpec spec = spec(x, w, DType.F32, DType.F32, false);
        Check.that(
                spec.outHeight() > 0 && spec.outWidth() > 0,
                "the window is larger than the padded input %s",
                x);
        Type out = Type.feature(Shape.of(x.get(0), spec.outHeight(), spec.outWidth(), w.get(0)));
        if (residual) {
            Check.same(in.get(in.size() - 1), out);
        }
        return List.of(out);
    }

    /** The window as plain numbers. */
    public Sliding sliding() {
        return Sliding.of(window);
    }

    /** What is applied last, as an op of its own. */
    public Activate last() {
        return new Activate(activation);
    }

    @Override
    public void forward(Node node, Lowering to) {
        Convolution convolution = convolution(node, to);
        List<Object> arguments = new ArrayList<>();
        arguments.add(to.of(node.input(0), to.precision().storage()));
        arguments.add(packed(node, convolution, Direction.FORWARD, to));
        if (bias) {
            arguments.add(to.of(node.input(2)));
        }
        if (residual) {
            arguments.add(to.of(node.input(node.inputs().size() - 1), to.dtype(node.output(0))));
        }
        arguments.add(to.of(node.output(0)));
        arguments.add(to.scratch(convolution.scratchBytes(Direction.FORWARD)));
        to.call(convolution.forward(), arguments.toArray());
    }

    @Override
    public void backward(Node node, Lowering to) {
        Convolution convolution = convolution(node, to);
        DType storage = to.precision().storage();
        Slot gy = beforeActivation(node, to, storage);
        Value x = node.input(0);
        Value w = node.input(1);
        if (to.wants(w) || bias && to.wants(node.input(2))) {
            Slot packed =
                    to.temporary("packed gradient", convolution.packedBytes(Direction.WEIGHTS));
            List<Object> arguments = new ArrayList<>(List.of(to.of(x, storage), gy, packed));
            if (bias) {
                arguments.add(
                        to.wants(node.input(2))
                                ? to.contribute(node.input(2))
                                : to.temporary("bias gradient", 4 * w.shape().get(0)));
            }
            arguments.add(to.scratch(convolution.scratchBytes(Direction.WEIGHTS)));
            to.call(convolution.weightGradient(), arguments.toArray());
            if (to.wants(w)) {
                to.call(convolution.unpack(), packed, to.contribute(w));
            }
        }
        if (to.wants(x)) {
            Slot packed = packed(node, convolution, Direction.DATA, to);
            Slot scratch = to.scratch(convolution.scratchBytes(Direction.DATA));
            to.contribute(
                    x, storage, gx -> to.call(convolution.dataGradient(), gy, packed, gx, scratch));
        }
    }

    /** The gradient of what the activation is applied to; also the residual's. */
    private Slot beforeActivation(Node node, Lowering to, DType storage) {
        Value y = node.output(0);
        Slot gy = to.gradient(y, storage);
        if (!activation.equals(Activation.IDENTITY)) {
            Slot masked = to.temporary("masked gradient", y.shape().elements() * storage.bytes());
            to.call(
                    "activation_backward_from_result",
                    storage,
                    activation.kind().ordinal(),
                    to.of(y, storage),
                    gy,
                    masked,
                    y.shape().elements(),
                    activation.slope());
            gy = masked;
        }
        Value last = node.input(node.inputs().size() - 1);
        if (residual && to.wants(last)) {
            Slot from = gy;
            if (to.dtype(last) == storage) {
                to.contribute(last, from);
            } else {
                to.call(
                        "convert",
                        storage,
                        from,
                        to.dtype(last),
                        to.contribute(last),
                        y.shape().elements());
            }
        }
        return gy;
    }

    private static Slot packed(
            Node node, Convolution convolution, Direction direction, Lowering to) {
        Slot packed = to.temporary("packed weights", convolution.packedBytes(direction));
        to.call(convolution.pack(direction), to.of(node.input(1)), packed);
        return packed;
    }

    private Convolution convolution(Node node, Lowering to) {
        return to.convolution(
                spec(
                        node.input(0).shape(),
                        node.input(1).shape(),
                        to.precision().storage(),
                        to.dtype(node.output(0)),
                        to.precision().tf32()));
    }

    private ConvolutionSpec spec(Shape x, Shape w, DType input, DType output, boolean tf32) {
        return new ConvolutionSpec(
                x.dim(0),
                x.dim(1),
                x.dim(2),
                x.dim(3),
                w.dim(0),
                window,
                groups,
                transposed,
                input,
                output,
                bias,
                residual,
                activation,
                tf32);
    }
}

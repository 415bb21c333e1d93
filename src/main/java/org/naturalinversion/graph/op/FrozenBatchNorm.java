package org.naturalinversion.graph.op;

import java.util.List;
import java.util.stream.IntStream;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.DType;

/**
 * y = activation(scale x + shift + residual), and if asked for, mean and biased variance of x over
 * batch and space, all in one pass over x. The gradient of the statistics joins that of y in one
 * pass back: gx = scale gpre + (gmean + 2 gvar (x - mean)) / rows.
 *
 * <p>Inputs: x [..., C], scale [C], shift [C], center [C] (the running mean: the sums of squares
 * are taken around it, which keeps their digits), residual of x's shape if there is one. Outputs:
 * y, and with {@code statistics} mean [C] and var [C]. Scale and shift are frozen.
 */
public record FrozenBatchNorm(Activation activation, boolean residual, boolean statistics)
        implements Op {
    public FrozenBatchNorm {
        Check.that(
                activation.derivativeFromResult(),
                "%s cannot be fused into a BatchNorm",
                activation.kind());
    }

    /** Without residual, activation and statistics. */
    public static FrozenBatchNorm plain() {
        return new FrozenBatchNorm(Activation.IDENTITY, false, false);
    }

    /** What is applied last, as an op of its own. */
    public Activate last() {
        return new Activate(activation);
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == (residual ? 5 : 4), "has %d inputs", in.size());
        int c = in.get(0).shape().channels();
        IntStream.rangeClosed(1, 3)
                .forEach(i -> Check.vector(in.get(i), c, "scale, shift and center"));
        if (residual) {
            Check.same(in.get(0), in.get(4));
        }
        Type y = in.get(0);
        return statistics ? List.of(y, Type.exact(c), Type.exact(c)) : List.of(y);
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        DType type = to.dtype(x);
        int c = x.shape().channels();
        to.call(
                "frozen_batch_norm_forward",
                type,
                to.of(x),
                residual ? to.of(node.input(4), type) : null,
                to.of(node.input(1)),
                to.of(node.input(2)),
                to.of(node.input(3)),
                to.of(node.output(0)),
                statistics ? to.of(node.output(1)) : null,
                statistics ? to.of(node.output(2)) : null,
                statistics ? to.partials(2L * c) : null,
                x.shape().rows(),
                c,
                activation.kind().ordinal(),
                activation.slope());
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        DType type = to.dtype(x);
        List<Slot> gy = to.gradients(y);
        boolean plain = activation.kind() == Activation.Kind.IDENTITY;
        Slot gmean = statistics ? to.gradient(node.output(1)) : null;
        Slot gvar = statistics ? to.gradient(node.output(2)) : null;
        Slot gresidual = null;
        if (residual && !gy.isEmpty() && to.wants(node.input(4))) {
            boolean shares = to.dtype(node.input(4)) == type;
            gresidual =
                    shares
                            ? to.contribute(node.input(4))
                            : to.temporary("residual", x.shape().elements() * type.bytes());
        }
        to.call(
                "frozen_batch_norm_backward",
                type,
                gvar == null ? null : to.of(x),
                plain || gy.isEmpty() ? null : to.of(y),
                gy.size() > 0 ? gy.get(0) : null,
                gy.size() > 1 ? gy.get(1) : null,
                to.of(node.input(1)),
                gvar == null ? null : to.of(node.output(1)),
                gmean,
                gvar,
                to.wants(x) ? to.contribute(x) : null,
                gresidual,
                x.shape().rows(),
                x.shape().channels(),
                activation.kind().ordinal(),
                activation.slope());
        if (gresidual != null && to.dtype(node.input(4)) != type) {
            Value r = node.input(4);
            to.call(
                    "convert",
                    type,
                    gresidual,
                    to.dtype(r),
                    to.contribute(r),
                    r.shape().elements());
        }
    }
}

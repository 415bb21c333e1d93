package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.DType;

/**
 * BatchNorm in training mode (Ioffe and Szegedy 2015, algorithm 1): y = activation(gamma (x - mean)
 * / sqrt(var + epsilon) + beta) with mean and biased variance of x over batch and space. Inputs: x
 * [..., C], gamma [C], beta [C]; outputs: y, mean [C], var [C], the last two without gradient.
 *
 * @param activation applied last; one whose derivative follows from the result's sign or value
 */
public record BatchNorm(double epsilon, Activation activation) implements Op {
    /** Without activation. */
    public static BatchNorm of(double epsilon) {
        return new BatchNorm(epsilon, Activation.IDENTITY);
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 3, "has %d inputs", in.size());
        int c = in.get(0).shape().channels();
        Check.vector(in.get(1), c, "gamma");
        Check.vector(in.get(2), c, "beta");
        return List.of(in.get(0), Type.exact(c), Type.exact(c));
    }

    @Override
    public boolean isDifferentiable(int output) {
        return output == 0;
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        DType type = to.dtype(x);
        long rows = x.shape().rows();
        int c = x.shape().channels();
        Slot mean = to.of(node.output(1));
        Slot var = to.of(node.output(2));
        to.call(
                "channel_statistics",
                type,
                to.of(x),
                null,
                mean,
                var,
                to.partials(2L * c),
                rows,
                c);
        to.call(
                "batch_norm_forward",
                type,
                to.of(x),
                mean,
                var,
                to.of(node.input(1)),
                to.of(node.input(2)),
                to.of(node.output(0)),
                rows,
                c,
                epsilon,
                activation.kind().ordinal(),
                activation.slope());
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        DType type = to.dtype(x);
        long rows = x.shape().rows();
        int c = x.shape().channels();
        Slot gy = to.gradient(node.output(0));
        Slot mean = to.of(node.output(1));
        Slot var = to.of(node.output(2));
        Slot gamma = to.of(node.input(1));
        Slot beta = to.of(node.input(2));
        // The sums over rows that the input's gradient needs are the gradients of gamma and beta.
        Slot ggamma =
                to.wants(node.input(1))
                        ? to.contribute(node.input(1))
                        : to.temporary("sum of gy xhat", 4L * c);
        Slot gbeta =
                to.wants(node.input(2))
                        ? to.contribute(node.input(2))
                        : to.temporary("sum of gy", 4L * c);
        int kind = activation.kind().ordinal();
        to.call(
                "batch_norm_backward_sums",
                type,
                to.of(x),
                gy,
                mean,
                var,
                gamma,
                beta,
                ggamma,
                gbeta,
                to.partials(2L * c),
                rows,
                c,
                epsilon,
                kind,
                activation.slope());
        if (to.wants(x)) {
            to.call(
                    "batch_norm_backward",
                    type,
                    to.of(x),
                    gy,
                    mean,
                    var,
                    gamma,
                    beta,
                    ggamma,
                    gbeta,
                    to.contribute(x),
                    rows,
                    c,
                    epsilon,
                    kind,
                    activation.slope());
        }
    }
}

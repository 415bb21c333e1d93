package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.Shape;

/**
 * Mean over the batch of -log softmax(logits)[label], natural logarithm. Inputs: logits [N, K],
 * labels int32 [N]; outputs: the mean, a scalar, and the probabilities [N, K], these without
 * gradient.
 *
 * @param smoothing share of the label's weight that is spread over all classes evenly (Szegedy et
 *     al., CVPR 2016, section 7); in [0, 1)
 */
public record SoftmaxCrossEntropy(double smoothing) implements Op {
    public SoftmaxCrossEntropy {
        Check.that(smoothing >= 0 && smoothing < 1, "smoothing must be in [0, 1): %s", smoothing);
    }

    /** Without smoothing. */
    public SoftmaxCrossEntropy() {
        this(0);
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.rank(in.get(0), 2);
        Shape logits = in.get(0).shape();
        Check.that(
                in.get(1).equals(Type.index(logits.get(0))),
                "labels must be int32 [%d]",
                logits.get(0));
        return List.of(
                new Type(Shape.SCALAR, Type.Kind.EXACT), Type.exact(logits.get(0), logits.get(1)));
    }

    @Override
    public boolean isDifferentiable(int output) {
        return output == 0;
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value logits = node.input(0);
        to.call(
                "softmax_cross_entropy_forward",
                to.of(logits, DType.F32),
                to.of(node.input(1)),
                to.of(node.output(0)),
                to.of(node.output(1)),
                to.temporary("losses", 4 * logits.shape().get(0)),
                logits.shape().get(0),
                logits.shape().get(1),
                smoothing);
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value logits = node.input(0);
        to.contribute(
                logits,
                DType.F32,
                gx ->
                        to.call(
                                "softmax_cross_entropy_backward",
                                to.of(node.output(1)),
                                to.of(node.input(1)),
                                to.gradient(node.output(0)),
                                gx,
                                logits.shape().get(0),
                                logits.shape().get(1),
                                smoothing));
    }
}

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
 * T^2 times the mean over the batch of KL(softmax(teacher / T) || softmax(student / T)), natural
 * logarithm: distillation (Hinton et al. 2015). Inputs: logits of student and teacher [N, K], the
 * teacher's frozen; outputs: the divergence, a scalar, then both probabilities [N, K], the
 * student's first, without gradient.
 *
 * @param temperature T
 */
public record KlDivergence(double temperature) implements Op {
    public KlDivergence {
        Check.that(temperature > 0, "the temperature must be positive, not %s", temperature);
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 2, "has %d inputs", in.size());
        Check.rank(in.get(0), 2);
        Check.same(in.get(0), in.get(1));
        Shape logits = in.get(0).shape();
        Type probabilities = Type.exact(logits.get(0), logits.get(1));
        return List.of(new Type(Shape.SCALAR, Type.Kind.EXACT), probabilities, probabilities);
    }

    @Override
    public boolean isDifferentiable(int output) {
        return output == 0;
    }

    @Override
    public void forward(Node node, Lowering to) {
        Shape logits = node.input(0).shape();
        to.call(
                "kl_divergence_forward",
                to.of(node.input(0), DType.F32),
                to.of(node.input(1), DType.F32),
                to.of(node.output(0)),
                to.of(node.output(1)),
                to.of(node.output(2)),
                to.temporary("divergences", 4 * logits.get(0)),
                logits.get(0),
                logits.get(1),
                temperature);
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value student = node.input(0);
        if (!to.wants(student)) {
            return;
        }
        to.contribute(
                student,
                DType.F32,
                gx ->
                        to.call(
                                "kl_divergence_backward",
                                to.of(node.output(1)),
                                to.of(node.output(2)),
                                to.gradient(node.output(0)),
                                gx,
                                student.shape().get(0),
                                student.shape().get(1),
                                temperature));
    }
}

package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;

/**
 * A frozen BatchNorm layer as y = scale x + shift: scale = gamma / sqrt(var + epsilon), shift =
 * beta - mean scale. Inputs: gamma, beta, running mean, running variance, all [C]; outputs: scale,
 * shift.
 */
public record FoldBatchNorm(double epsilon) implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 4, "has %d inputs", in.size());
        long c = in.get(0).shape().elements();
        in.forEach(t -> Check.vector(t, c, "every input"));
        return List.of(Type.exact(c), Type.exact(c));
    }

    @Override
    public boolean isDifferentiable() {
        return false;
    }

    @Override
    public void forward(Node node, Lowering to) {
        to.call(
                "fold_batch_norm",
                to.of(node.input(0)),
                to.of(node.input(1)),
                to.of(node.input(2)),
                to.of(node.input(3)),
                to.of(node.output(0)),
                to.of(node.output(1)),
                node.input(0).shape().elements(),
                epsilon);
    }
}

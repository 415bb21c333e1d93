package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.tensor.Shape;

/**
 * ||mean - running mean||_2 + ||var - running var||_2: one layer's term of the BatchNorm-statistics
 * loss (Yin et al., CVPR 2020, eq. 4, norms not squared). Inputs: mean, var, running mean, running
 * var, all [C]; the last two are frozen. Output: a scalar.
 */
public record StatisticsDistance() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 4, "has %d inputs", in.size());
        in.forEach(t -> Check.vector(t, in.get(0).shape().elements(), "every input"));
        return List.of(new Type(Shape.SCALAR, Type.Kind.EXACT), Type.exact(2));
    }

    @Override
    public boolean isDifferentiable(int output) {
        return output == 0;
    }

    @Override
    public void forward(Node node, Lowering to) {
        to.call(
                "statistics_distance_forward",
                to.of(node.input(0)),
                to.of(node.input(1)),
                to.of(node.input(2)),
                to.of(node.input(3)),
                to.of(node.output(0)),
                to.of(node.output(1)),
                node.input(0).shape().elements());
    }

    @Override
    public void backward(Node node, Lowering to) {
        Slot gmean = to.wants(node.input(0)) ? to.contribute(node.input(0)) : null;
        Slot gvar = to.wants(node.input(1)) ? to.contribute(node.input(1)) : null;
        to.call(
                "statistics_distance_backward",
                to.of(node.input(0)),
                to.of(node.input(1)),
                to.of(node.input(2)),
                to.of(node.input(3)),
                to.of(node.output(1)),
                to.gradient(node.output(0)),
                gmean,
                gvar,
                node.input(0).shape().elements());
    }
}

package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.tensor.Shape;

/**
 * Multiplies every filter by a number of its own: a BatchNorm folded into the convolution before
 * it. Inputs: w [O, ...], scale [O].
 */
public record ScaleFilters() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.vector(in.get(1), in.get(0).shape().get(0), "the scale");
        return List.of(in.get(0));
    }

    @Override
    public boolean isDifferentiable() {
        return false;
    }

    @Override
    public void forward(Node node, Lowering to) {
        Shape w = node.input(0).shape();
        to.call(
                "scale_filters",
                to.of(node.input(0)),
                to.of(node.input(1)),
                to.of(node.output(0)),
                w.get(0),
                w.elements() / w.get(0));
    }
}

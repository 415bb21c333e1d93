package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/** The L2 norm of a whole tensor, not squared; its gradient at 0 is 0. Output: a scalar. */
public record L2Norm() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        return List.of(new Type(Shape.SCALAR, Type.Kind.EXACT));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        to.call(
                "l2_norm_forward",
                to.dtype(x),
                to.of(x),
                to.of(node.output(0)),
                to.partials(1),
                x.shape().elements());
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        to.call(
                "l2_norm_backward",
                to.dtype(x),
                to.of(x),
                to.of(node.output(0)),
                to.gradient(node.output(0)),
                to.contribute(x),
                x.shape().elements());
    }
}

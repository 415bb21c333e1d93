package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * The sum of the L2 norms, over the whole tensor and not squared, of the differences of
 * neighbouring pixels: right, down, and both diagonals. Input x [N, H, W, C]; output a scalar.
 */
public record TotalVariation() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.rank(in.get(0), 4);
        return List.of(new Type(Shape.SCALAR, Type.Kind.EXACT), Type.exact(4));
    }

    @Override
    public boolean isDifferentiable(int output) {
        return output == 0;
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        Shape s = x.shape();
        to.call(
                "total_variation_forward",
                to.dtype(x),
                to.of(x),
                to.of(node.output(0)),
                to.of(node.output(1)),
                to.partials(4),
                s.get(0),
                s.get(1),
                s.get(2),
                s.get(3));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Shape s = x.shape();
        to.call(
                "total_variation_backward",
                to.dtype(x),
                to.of(x),
                to.of(node.output(1)),
                to.gradient(node.output(0)),
                to.contribute(x),
                s.get(0),
                s.get(1),
                s.get(2),
                s.get(3));
    }
}

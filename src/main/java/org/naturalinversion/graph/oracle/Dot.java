package org.naturalinversion.graph.oracle;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * The sum of the products of two tensors' items: what makes one loss of any output. Inputs: x, and
 * factors of its shape, float32 and frozen. Output: a scalar.
 */
record Dot() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        if (in.size() != 2 || !in.get(0).shape().equals(in.get(1).shape())) {
            throw new IllegalArgumentException("needs two tensors of one shape");
        }
        return List.of(new Type(Shape.SCALAR, Type.Kind.EXACT));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        to.call(
                "dot_forward",
                to.dtype(x),
                to.of(x),
                to.of(node.input(1)),
                to.of(node.output(0)),
                to.partials(1),
                x.shape().elements());
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        to.call(
                "dot_backward",
                to.dtype(x),
                to.of(node.input(1)),
                to.gradient(node.output(0)),
                to.contribute(x),
                x.shape().elements());
    }
}

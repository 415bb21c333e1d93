package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;

/** a + b, elementwise, of two values of one shape and kind. */
public record Add() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 2, "has %d inputs", in.size());
        Check.same(in.get(0), in.get(1));
        return List.of(in.get(0));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value y = node.output(0);
        to.call(
                "add",
                to.dtype(y),
                to.of(node.input(0), to.dtype(y)),
                to.of(node.input(1), to.dtype(y)),
                to.of(y),
                y.shape().elements());
    }

    @Override
    public void backward(Node node, Lowering to) {
        for (Value input : node.inputs()) {
            if (to.wants(input)) {
                to.contribute(input, to.gradient(node.output(0), to.dtype(input)));
            }
        }
    }
}

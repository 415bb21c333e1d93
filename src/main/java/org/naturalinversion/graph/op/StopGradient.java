package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;

/** The same value, as if it were constant: no gradient passes. */
public record StopGradient() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        return in;
    }

    @Override
    public boolean isDifferentiable() {
        return false;
    }

    @Override
    public void forward(Node node, Lowering to) {
        to.alias(node.output(0), node.input(0));
    }
}

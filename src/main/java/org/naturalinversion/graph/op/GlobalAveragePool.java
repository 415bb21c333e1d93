package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/** The mean over space. Input x [N, H, W, C]; output [N, C], float32. */
public record GlobalAveragePool() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.rank(in.get(0), 4);
        return List.of(Type.exact(in.get(0).shape().get(0), in.get(0).shape().get(3)));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        Shape s = x.shape();
        to.call(
                "global_average_pool_forward",
                to.dtype(x),
                to.of(x),
                to.of(node.output(0)),
                s.get(0),
                s.get(1) * s.get(2),
                s.get(3));
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Shape s = x.shape();
        to.call(
                "global_average_pool_backward",
                to.dtype(x),
                to.gradient(node.output(0)),
                to.contribute(x),
                s.get(0),
                s.get(1) * s.get(2),
                s.get(3));
    }
}

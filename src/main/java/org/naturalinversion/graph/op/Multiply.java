package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.DType;

/** a b, elementwise, of two values of one shape. */
public record Multiply() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 2, "has %d inputs", in.size());
        Check.same(in.get(0), in.get(1));
        return List.of(in.get(0));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value y = node.output(0);
        DType type = to.dtype(y);
        product(node, to, type, to.of(node.input(0), type), node.input(1), to.of(y));
    }

    @Override
    public void backward(Node node, Lowering to) {
        for (int i = 0; i < 2; i++) {
            Value input = node.input(i);
            if (to.wants(input)) {
                DType type = to.dtype(input);
                Slot gy = to.gradient(node.output(0), type);
                product(node, to, type, gy, node.input(1 - i), to.contribute(input));
            }
        }
    }

    private static void product(Node node, Lowering to, DType type, Slot a, Value b, Slot into) {
        to.call("multiply", type, a, to.of(b, type), into, node.output(0).shape().elements());
    }
}

package org.naturalinversion.graph.oracle;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.DType;

/** The same numbers, stored as feature maps are. */
record AsFeature() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        return List.of(new Type(in.get(0).shape(), Type.Kind.ACTIVATION));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        if (to.dtype(x) == to.dtype(y)) {
            to.alias(y, x);
        } else {
            to.call("convert", to.dtype(x), to.of(x), to.dtype(y), to.of(y), x.shape().elements());
        }
    }

    @Override
    public void backward(Node node, Lowering to) {
        DType type = to.dtype(node.input(0));
        to.contribute(node.input(0), to.gradient(node.output(0), type));
    }
}

package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/** The same numbers in another shape. */
public record Reshape(Shape shape) implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(
                in.get(0).shape().elements() == shape.elements(),
                "%s has another size than %s",
                shape,
                in.get(0).shape());
        boolean feature = shape.rank() == 4 && in.get(0).kind() != Type.Kind.INDEX;
        return List.of(feature ? Type.feature(shape) : in.get(0).with(shape));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        if (to.dtype(x) == to.dtype(y)) {
            to.alias(y, x);
        } else {
            to.call("convert", to.dtype(x), to.of(x), to.dtype(y), to.of(y), shape.elements());
        }
    }

    @Override
    public void backward(Node node, Lowering to) {
        to.contribute(node.input(0), to.gradient(node.output(0), to.dtype(node.input(0))));
    }
}

package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/** The sum of scalars, each times its weight. */
public record WeightedSum(List<Double> weights) implements Op {
    public WeightedSum {
        weights = List.copyOf(weights);
        Check.that(!weights.isEmpty(), "nothing to add");
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(
                in.size() == weights.size(), "%d weights for %d inputs", weights.size(), in.size());
        in.forEach(
                t -> Check.that(t.shape().equals(Shape.SCALAR), "%s is not a scalar", t.shape()));
        return List.of(new Type(Shape.SCALAR, Type.Kind.EXACT));
    }

    @Override
    public void forward(Node node, Lowering to) {
        Slot sum = null;
        for (int i = 0; i < weights.size(); i++) {
            Slot next =
                    i == weights.size() - 1
                            ? to.of(node.output(0))
                            : to.temporary("partial sum", 4);
            to.call("scaled_add", sum, to.of(node.input(i)), weights.get(i), next);
            sum = next;
        }
    }

    @Override
    public void backward(Node node, Lowering to) {
        for (int i = 0; i < weights.size(); i++) {
            Value input = node.input(i);
            if (to.wants(input)) {
                to.call(
                        "scaled_add",
                        null,
                        to.gradient(node.output(0)),
                        weights.get(i),
                        to.contribute(input));
            }
        }
    }
}

package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Leaf;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;

/**
 * Lets an average follow a value: average += share (factor value - average). Inputs: the average, a
 * state [C] that is changed, and the value [C]; no outputs. Running statistics of BatchNorm (Ioffe
 * and Szegedy 2015, section 3.1).
 *
 * @param share what the value counts; in (0, 1]
 * @param factor what the value is multiplied by first
 */
public record MovingAverage(double share, double factor) implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 2, "has %d inputs", in.size());
        Check.rank(in.get(0), 1);
        Check.vector(in.get(1), in.get(0).shape().get(0), "the value");
        return List.of();
    }

    @Override
    public boolean hasEffect() {
        return true;
    }

    @Override
    public boolean isDifferentiable() {
        return false;
    }

    @Override
    public void forward(Node node, Lowering to) {
        if (!(node.input(0).node().op() instanceof Leaf.Parameter)) {
            throw new IllegalArgumentException(node.input(0) + " is not a state");
        }
        to.call(
                "moving_average",
                to.of(node.input(0)),
                to.of(node.input(1)),
                node.input(0).shape().get(0),
                share,
                factor);
    }
}

package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.tensor.Shape;

/**
 * The end of an iteration's forward pass, decided where the losses are: writes them down, sets the
 * flag if the first of them is lower than ever before, and counts the iteration. Inputs: losses
 * (scalars; the first is what is minimised), then the states history float32 [capacity, losses],
 * best float32 [1], improved int32 [1], iteration int32 [1], all of which it changes. Iteration i
 * is written to row i mod capacity. A loss that is not a number never improves.
 */
public record TrackBest(int losses) implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == losses + 4, "has %d inputs", in.size());
        Shape history = in.get(losses).shape();
        Check.that(
                history.rank() == 2 && history.get(1) == losses,
                "the history must be [capacity, %d], not %s",
                losses,
                history);
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
        long capacity = node.input(losses).shape().get(0);
        for (int i = 0; i < losses; i++) {
            to.call(
                    "record_loss",
                    to.of(node.input(i)),
                    to.of(node.input(losses + 3)),
                    to.of(node.input(losses)),
                    i,
                    losses,
                    capacity);
        }
        to.call(
                "track_best",
                to.of(node.input(0)),
                to.of(node.input(losses + 1)),
                to.of(node.input(losses + 2)),
                to.of(node.input(losses + 3)));
    }
}

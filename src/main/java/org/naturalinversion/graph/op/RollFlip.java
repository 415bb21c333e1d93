package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Slot;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * Jitter: rolls a batch of images by dy rows and dx columns, wrapping, then mirrors it left to
 * right if flip is set, as torch.roll and torch.flip do. Inputs: x [N, H, W, C], draw int32[3] of
 * dy, dx, flip.
 */
public record RollFlip() implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.rank(in.get(0), 4);
        Check.that(in.get(1).equals(Type.index(3)), "the draw must be int32 [3]");
        return List.of(in.get(0));
    }

    @Override
    public void forward(Node node, Lowering to) {
        run(node, to, to.of(node.input(0)), to.of(node.output(0)), false);
    }

    @Override
    public void backward(Node node, Lowering to) {
        run(node, to, to.gradient(node.output(0)), to.contribute(node.input(0)), true);
    }

    private static void run(Node node, Lowering to, Slot from, Slot into, boolean inverse) {
        Value x = node.input(0);
        Shape s = x.shape();
        to.call(
                "roll_flip",
                to.dtype(x),
                from,
                to.of(node.input(1)),
                into,
                s.get(0),
                s.get(1),
                s.get(2),
                s.get(3),
                inverse ? 1 : 0);
    }
}

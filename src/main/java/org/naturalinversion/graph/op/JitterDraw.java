package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;

/**
 * Draws a jitter: dy and dx uniform in [-range, range], flip 0 or 1 with equal probability; the
 * same draw for the whole batch. Inputs: key int32[3] and iteration int32[1], which with the stream
 * determine the draw. Output: int32[3] dy, dx, flip.
 *
 * @param range the largest shift in pixels
 * @param stream tells the draws of one iteration apart
 */
public record JitterDraw(int range, int stream) implements Op {
    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(
                in.size() == 2 && in.stream().allMatch(t -> t.kind() == Type.Kind.INDEX),
                "needs key and iteration");
        return List.of(Type.index(3));
    }

    @Override
    public boolean isDifferentiable() {
        return false;
    }

    @Override
    public void forward(Node node, Lowering to) {
        to.call(
                "jitter_draw",
                to.of(node.input(0)),
                to.of(node.input(1)),
                to.of(node.output(0)),
                stream,
                range);
    }
}

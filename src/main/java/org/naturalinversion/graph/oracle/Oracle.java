package org.naturalinversion.graph.oracle;

import java.util.List;
import org.naturalinversion.graph.Op;

/**
 * The definition of an op, and the cases in which the engine's work is compared with it.
 *
 * @param <O> the op
 */
public interface Oracle<O extends Op> {
    /** The op's outputs, computed as its definition says. */
    List<Reals> define(O op, List<Reals> inputs);

    /** Awkward sizes, all settings. */
    List<OpCase> cases();

    /** One such case. */
    default OpCase of(String name, O op, Tolerance tolerance, Operand... inputs) {
        return new OpCase(
                op.getClass().getSimpleName() + ", " + name,
                op,
                in -> define(op, in),
                List.of(inputs),
                tolerance,
                true);
    }
}

package org.naturalinversion.graph.optim;

import java.util.List;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Slot;

/** How an optimiser changes its parameters: one call for all of them, as they lie side by side. */
public interface Rule {
    /**
     * What an update works on.
     *
     * @param values the parameters
     * @param gradients their gradients
     * @param moments one block for each of {@link #moments}
     * @param best where the values from before the update are copied to if {@code improved} is set;
     *     null for no such copy
     * @param improved int32 flag; null together with {@code best}
     * @param step int32 number of this update, the first being 1
     * @param factors float32 factors of the rate, one for each step; the last one stays
     * @param elements float32 numbers in every block
     */
    record Update(
            Slot values,
            Slot gradients,
            List<Slot> moments,
            Slot best,
            Slot improved,
            Slot step,
            Slot factors,
            long elements) {}

    /**
     * The names of the moments that this rule keeps, each as large as the parameters, all starting
     * at 0.
     */
    List<String> moments();

    /** Emits the call. */
    void update(Update update, Lowering to);
}

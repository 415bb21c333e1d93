package org.naturalinversion.graph.optim;

import java.util.List;
import org.naturalinversion.graph.Lowering;

/**
 * Adam (Kingma and Ba, ICLR 2015, algorithm 1), with epsilon added to the root of the corrected
 * second moment.
 *
 * @param rate the step size at factor 1 of the schedule
 */
public record Adam(double rate, double beta1, double beta2, double epsilon) implements Rule {
    /** The constants of the paper: 0.9, 0.999, 1e-8. */
    public static Adam of(double rate) {
        return new Adam(rate, 0.9, 0.999, 1e-8);
    }

    @Override
    public List<String> moments() {
        return List.of("m", "v");
    }

    @Override
    public void update(Update u, Lowering to) {
        to.call(
                "adam",
                u.values(),
                u.gradients(),
                u.moments().get(0),
                u.moments().get(1),
                u.best(),
                u.improved(),
                u.step(),
                u.factors(),
                u.factors().bytes() / 4,
                u.elements(),
                rate,
                beta1,
                beta2,
                epsilon);
    }
}

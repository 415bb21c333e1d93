package org.naturalinversion.graph.optim;

import java.util.List;
import org.naturalinversion.graph.Lowering;

/**
 * Stochastic gradient descent: g += decay * p; v = momentum * v + g; p -= rate * (nesterov ? g +
 * momentum * v : v), as PyTorch has it.
 *
 * @param rate the step size at factor 1 of the schedule
 */
public record Sgd(double rate, double momentum, double decay, boolean nesterov) implements Rule {
    @Override
    public List<String> moments() {
        return List.of("velocity");
    }

    @Override
    public void update(Update u, Lowering to) {
        to.call(
                "sgd",
                u.values(),
                u.gradients(),
                u.moments().get(0),
                u.best(),
                u.improved(),
                u.step(),
                u.factors(),
                u.factors().bytes() / 4,
                u.elements(),
                rate,
                momentum,
                decay,
                nesterov ? 1 : 0);
    }
}

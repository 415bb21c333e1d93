package org.naturalinversion.graph;

import java.util.List;
import org.naturalinversion.graph.optim.Rule;
import org.naturalinversion.graph.optim.Schedule;

/**
 * A rule and what it trains.
 *
 * @param name prefix of the moments' names
 * @param parameters values made by {@link Graph#parameter}
 * @param rule how they change
 * @param schedule how the rule's rate changes
 */
public record Optimizer(String name, List<Value> parameters, Rule rule, Schedule schedule) {
    public Optimizer {
        parameters = List.copyOf(parameters);
        for (Value parameter : parameters) {
            if (!(parameter.node().op() instanceof Leaf.Parameter)) {
                throw new IllegalArgumentException(parameter + " is not a parameter");
            }
        }
    }
}

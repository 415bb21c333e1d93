package org.naturalinversion.graph;

import java.util.List;

/**
 * One kind of node. An op is a value: its settings, its shape rule, its forward and its backward
 * pass, side by side.
 */
public interface Op {
    /** Shown in messages and profiles. */
    default String label() {
        return getClass().getSimpleName();
    }

    /**
     * The outputs' types.
     *
     * @throws IllegalArgumentException if the inputs do not fit; the message has the shapes
     */
    List<Type> infer(List<Type> inputs);

    /** Emits the calls that compute the outputs from the inputs. */
    void forward(Node node, Lowering to);

    /**
     * Emits the calls that compute the gradient's contribution to every input that {@link
     * Lowering#wants} one, from the gradients of the outputs. Only asked of nodes on a path from
     * something trained to the loss.
     */
    default void backward(Node node, Lowering to) {
        throw new IllegalStateException(label() + " has no gradient");
    }

    /**
     * Whether a gradient passes through this op; none does through comparisons, draws and the like.
     */
    default boolean isDifferentiable() {
        return true;
    }

    /**
     * Whether a gradient passes from the given output; from those that are only by-products, none
     * does.
     */
    default boolean isDifferentiable(int output) {
        return isDifferentiable();
    }

    /** Whether this op changes state and therefore runs though nobody reads its outputs. */
    default boolean hasEffect() {
        return false;
    }
}

package org.naturalinversion.backend;

/**
 * An activation function and its parameter.
 *
 * @param kind the function
 * @param slope the slope below zero of {@link Kind#LEAKY_RELU}; 0 for all others
 */
public record Activation(Kind kind, double slope) {
    /**
     * The functions; the ordinal is the number that names one to a kernel, as in {@code
     * common/activation.cuh}.
     */
    public enum Kind {
        /** x. */
        IDENTITY,
        /** max(x, 0). */
        RELU,
        /** x where positive, slope * x elsewhere. */
        LEAKY_RELU,
        /** min(max(x, 0), 6). */
        RELU6,
        /** Hyperbolic tangent. */
        TANH,
        /** 1 / (1 + exp(-x)). */
        SIGMOID,
        /** x * sigmoid(x); also called swish. */
        SILU,
        /** min(max(x / 6 + 1 / 2, 0), 1). */
        HARD_SIGMOID,
        /** x * hard_sigmoid(x). */
        HARD_SWISH
    }

    public static final Activation IDENTITY = new Activation(Kind.IDENTITY, 0);
    public static final Activation RELU = new Activation(Kind.RELU, 0);
    public static final Activation RELU6 = new Activation(Kind.RELU6, 0);
    public static final Activation TANH = new Activation(Kind.TANH, 0);
    public static final Activation SIGMOID = new Activation(Kind.SIGMOID, 0);
    public static final Activation SILU = new Activation(Kind.SILU, 0);
    public static final Activation HARD_SIGMOID = new Activation(Kind.HARD_SIGMOID, 0);
    public static final Activation HARD_SWISH = new Activation(Kind.HARD_SWISH, 0);

    /** Leaky ReLU of the given slope, which must be positive. */
    public static Activation leakyRelu(double slope) {
        if (!(slope > 0)) {
            throw new IllegalArgumentException(
                    "the slope of a leaky ReLU must be positive, not " + slope);
        }
        return new Activation(Kind.LEAKY_RELU, slope);
    }

    /** Whether the derivative follows from the result alone, so that the input need not be kept. */
    public boolean derivativeFromResult() {
        return switch (kind) {
            case IDENTITY, RELU, LEAKY_RELU, RELU6 -> true;
            default -> false;
        };
    }
}

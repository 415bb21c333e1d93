package org.naturalinversion.backend;

/**
 * A prepared 2-d convolution. Activations are dense NHWC; weights and their gradients are float32
 * [O, I/groups, KH, KW] outside and in a layout of the library's choice inside, which {@code pack}
 * and {@code unpack} translate. Every routine but these two takes scratch memory of {@link
 * #scratchBytes} as its last argument.
 */
public interface Convolution extends AutoCloseable {
    /** What is computed. */
    enum Direction {
        /** The output from input and weights. */
        FORWARD,
        /** The input's gradient from the output's gradient and the weights. */
        DATA,
        /** The weights' gradient from input and the output's gradient. */
        WEIGHTS
    }

    /**
     * Size of the weights, or of their gradient for {@link Direction#WEIGHTS}, in the layout that a
     * direction uses.
     */
    long packedBytes(Direction direction);

    /** Size of the scratch memory of a direction. */
    long scratchBytes(Direction direction);

    /**
     * r weights, w packed: the weights in the layout of {@link Direction#FORWARD} or {@link
     * Direction#DATA}.
     */
    Routine pack(Direction direction);

    /** r x, r packed, [r bias f32,] [r residual,] w y, w scratch. */
    Routine forward();

    /** r gy, r packed, w gx, w scratch. */
    Routine dataGradient();

    /** r x, r gy, w packed gradient, [w bias gradient f32,] w scratch. */
    Routine weightGradient();

    /** r packed gradient, w gradient: the gradient in the layout of the weights. */
    Routine unpack();

    @Override
    void close();
}

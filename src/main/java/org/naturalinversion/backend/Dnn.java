package org.naturalinversion.backend;

/** The vendor's library for convolutions and matrix products. */
public interface Dnn {
    /**
     * Prepares a convolution in the directions that will be asked of it.
     *
     * @throws BackendException if the library cannot do it; the message has the shapes
     */
    Convolution convolution(ConvolutionSpec spec);

    /**
     * Prepares a matrix product. Its routine takes r a, r b, [r bias,] w c, w scratch.
     *
     * @throws BackendException if the library cannot do it; the message has the shapes
     */
    Prepared matmul(MatmulSpec spec);

    /** A routine and the size of the scratch memory it takes as last argument. */
    record Prepared(Routine routine, long scratchBytes) {}
}

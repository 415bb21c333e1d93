package org.naturalinversion.graph;

import org.naturalinversion.tensor.HostTensor;

/** The values that a parameter or a state has after {@link Plan#reset}. */
public sealed interface Init {
    /** Normally distributed draws. */
    record Normal(double mean, double deviation) implements Init {}

    /** Draws from [low, high). */
    record Uniform(double low, double high) implements Init {}

    /** The same value everywhere. */
    record Fill(double value) implements Init {}

    /** Given values. */
    record Values(HostTensor tensor) implements Init {}

    /** N(0, gain / sqrt(fanIn)) with gain sqrt 2: He et al. 2015, eq. 10. */
    static Init kaimingNormal(long fanIn) {
        return new Normal(0, Math.sqrt(2.0 / fanIn));
    }

    /**
     * U(-1/sqrt(fanIn), 1/sqrt(fanIn)): what PyTorch's linear and convolution layers start from.
     */
    static Init fanInUniform(long fanIn) {
        double bound = 1 / Math.sqrt(fanIn);
        return new Uniform(-bound, bound);
    }
}

package org.naturalinversion.graph.optim;

import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * How an optimiser's rate changes: a table of factors, one for each step; after the last step the
 * last factor stays. Tables are computed by the host once, so that a step needs nothing from it and
 * every backend sees the same rates.
 *
 * @param factors float32 [steps]
 */
public record Schedule(HostTensor factors) {
    /** The rate never changes. */
    public static Schedule constant() {
        return new Schedule(HostTensor.of(Shape.of(1), 1f));
    }

    /**
     * Constant, then half a cosine down to nearly 0, which would be reached one step after the last
     * (Loshchilov and Hutter, ICLR 2017, equation 5, without restarts).
     *
     * @param steps how many there are
     * @param share of the steps, at the end, that the fall takes; in [0, 1]
     */
    public static Schedule cosineTail(int steps, double share) {
        float[] factors = new float[steps];
        double fall = share * steps;
        for (int i = 0; i < steps; i++) {
            double fallen = fall > 0 ? Math.max(0, 1 - (steps - i) / fall) : 0;
            factors[i] = (float) ((1 + Math.cos(Math.PI * fallen)) / 2);
        }
        return new Schedule(HostTensor.of(Shape.of(steps), factors));
    }
}

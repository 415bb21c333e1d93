package org.naturalinversion.graph.optim;

import java.util.List;
import java.util.function.IntToDoubleFunction;
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

    /**
     * A linear warm-up, then half a cosine down to nearly 0.
     *
     * @param steps how many there are
     * @param warmup of them, at the start, in which the rate rises to its full size
     */
    public static Schedule cosine(int steps, int warmup) {
        return warmed(
                steps,
                warmup,
                i -> (1 + Math.cos(Math.PI * (i - warmup) / Math.max(1, steps - warmup))) / 2);
    }

    /**
     * A linear warm-up, then constant but for falls to a share of what it was.
     *
     * @param steps how many there are
     * @param warmup of them, at the start, in which the rate rises to its full size
     * @param falls the steps, from 0, before which the rate falls
     * @param share what is left after a fall
     */
    public static Schedule stepped(int steps, int warmup, List<Integer> falls, double share) {
        return warmed(
                steps,
                warmup,
                i -> Math.pow(share, falls.stream().filter(fall -> fall <= i).count()));
    }

    private static Schedule warmed(int steps, int warmup, IntToDoubleFunction afterwards) {
        float[] factors = new float[steps];
        for (int i = 0; i < steps; i++) {
            factors[i] = (float) (i < warmup ? (i + 1.0) / warmup : afterwards.applyAsDouble(i));
        }
        return new Schedule(HostTensor.of(Shape.of(steps), factors));
    }
}

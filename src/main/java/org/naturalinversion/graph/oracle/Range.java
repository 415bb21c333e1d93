package org.naturalinversion.graph.oracle;

import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/** Where the numbers of an input are drawn from. */
@FunctionalInterface
public interface Range {
    /** Standard normal numbers. */
    Range NORMAL = of(SplittableRandom::nextGaussian);

    /** Numbers of either sign and a size of 0.1 to 2: nowhere near a kink at 0. */
    Range APART_FROM_ZERO = of(r -> (r.nextBoolean() ? 1 : -1) * (0.1 + 1.9 * r.nextDouble()));

    /** Numbers from 0.2 to 2: variances, scales. */
    Range POSITIVE = of(r -> 0.2 + 1.8 * r.nextDouble());

    /** Nothing but zeros. */
    Range ZEROS = of(r -> 0);

    /** Numbers of which no two that are less than 251 apart in memory are equal. */
    Range DISTINCT =
            (n, random) -> {
                int start = random.nextInt(251);
                double[] values = new double[n];
                for (int i = 0; i < n; i++) {
                    values[i] = ((start + 97L * i) % 251 - 125) / 16.0;
                }
                return values;
            };

    /** Draws n numbers. */
    double[] draw(int n, SplittableRandom random);

    /** Numbers that are drawn one by one. */
    static Range of(ToDoubleFunction<SplittableRandom> one) {
        return (n, random) -> {
            double[] values = new double[n];
            for (int i = 0; i < n; i++) {
                values[i] = one.applyAsDouble(random);
            }
            return values;
        };
    }

    /** Normal numbers around a mean. */
    static Range normal(double mean, double deviation) {
        return of(r -> mean + deviation * r.nextGaussian());
    }

    /** Whole numbers from 0 to one below the bound. */
    static Range below(int bound) {
        return of(r -> r.nextInt(bound));
    }

    /** Given numbers. */
    static Range values(double... values) {
        return (n, random) -> values.clone();
    }
}

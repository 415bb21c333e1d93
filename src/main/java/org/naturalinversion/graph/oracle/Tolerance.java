package org.naturalinversion.graph.oracle;

import org.naturalinversion.graph.Precision;

/**
 * How far the engine's results may be from the definition's, relative to their norm.
 *
 * @param f32 with float32 storage, whose roundings are 6e-8 of a number at most
 * @param bf16 with bfloat16 storage, whose roundings are 4e-3 of a number at most and half of that
 *     on average; inputs are numbers of bfloat16, so it is results that are rounded
 * @param reason why these
 */
public record Tolerance(double f32, double bf16, String reason) {
    /** For what is moved about. */
    public static final Tolerance NONE = new Tolerance(0, 0, "nothing is computed");

    /** For what is computed element by element. */
    public static final Tolerance ROUNDING =
            new Tolerance(5e-7, 3e-3, "every result is a few roundings off");

    /** For sums of not too many numbers. */
    public static final Tolerance SUM =
            new Tolerance(2e-6, 4e-3, "sums in float32, of numbers that cancel in part");

    /** For chains of the above. */
    public static final Tolerance CHAIN =
            new Tolerance(
                    1e-5, 1e-2, "results of results: errors add up and cancelling raises them");

    /** For what is cut off at 6. */
    public static final Tolerance CUT =
            new Tolerance(2e-6, 0.1, "what is just below 6 is stored as 6, where the slope is 0");

    /** The bound for a way of storing. */
    public double of(Precision precision) {
        return switch (precision) {
            case F32 -> f32;
            // Two more bits than bfloat16 has are kept.
            case TF32 -> Math.max(f32, bf16 / 4);
            case BF16 -> bf16;
        };
    }
}

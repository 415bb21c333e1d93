package org.naturalinversion.graph;

import java.util.Locale;
import org.naturalinversion.tensor.DType;

/**
 * How a plan stores activations and multiplies. Sums, statistics, losses, parameters and moments
 * are float32 in all of them.
 */
public enum Precision {
    /** The reference: float32 throughout. */
    F32(DType.F32),
    /** Stored as float32, but factors may be rounded to 10 bits of mantissa before they meet. */
    TF32(DType.F32),
    /**
     * Feature maps and the weights that meet them in bfloat16, products summed in float32; other
     * products as in {@link #TF32}.
     */
    BF16(DType.BF16);

    private final DType storage;

    Precision(DType storage) {
        this.storage = storage;
    }

    /** The element type of feature maps. */
    public DType storage() {
        return storage;
    }

    /** Whether float32 factors may be rounded before they meet. */
    public boolean tf32() {
        return this != F32;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package org.naturalinversion.model.io.onnx;

import java.util.List;

/**
 * A stretch of indices; what axes are products of. Compares by identity: two factors of one extent
 * are still two.
 */
final class Factor {
    private final long extent;

    Factor(long extent) {
        this.extent = extent;
    }

    long extent() {
        return extent;
    }

    /** The number of combinations. */
    static long product(List<Factor> factors) {
        return factors.stream().mapToLong(Factor::extent).reduce(1, Math::multiplyExact);
    }
}

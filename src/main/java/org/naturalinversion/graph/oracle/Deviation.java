package org.naturalinversion.graph.oracle;

/**
 * How far a tensor of the engine's is from what it should be.
 *
 * @param what the tensor
 * @param size norm of the difference / norm of what should be
 * @param tolerance the largest size that is still right
 */
public record Deviation(String what, double size, double tolerance) {
    /**
     * Norms below this are taken to be this large: where next to nothing should be, next to nothing
     * may be.
     */
    private static final double FLOOR = 1e-6;

    /** Compares two tensors. */
    static Deviation between(String what, double[] is, double[] should, double tolerance) {
        if (is.length != should.length) {
            throw new IllegalArgumentException(
                    what + " has " + is.length + " numbers, not " + should.length);
        }
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < is.length; i++) {
            difference += (is[i] - should[i]) * (is[i] - should[i]);
            norm += should[i] * should[i];
        }
        return new Deviation(
                what, Math.sqrt(difference) / Math.max(Math.sqrt(norm), FLOOR), tolerance);
    }

    /** Whether this is no more than what roundings explain. */
    public boolean isTolerable() {
        return size <= tolerance;
    }

    @Override
    public String toString() {
        return "%s is off by %.2g, %s than %.2g"
                .formatted(what, size, isTolerable() ? "no more" : "more", tolerance);
    }
}

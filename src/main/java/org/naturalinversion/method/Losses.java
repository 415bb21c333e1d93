package org.naturalinversion.method;

/** The terms of the loss in one iteration: the weighted total, and each term without its weight. */
public record Losses(
        float total, float crossEntropy, float batchNorm, float totalVariation, float l2) {
    /** Number of terms, the total included. */
    static final int COUNT = 5;
}

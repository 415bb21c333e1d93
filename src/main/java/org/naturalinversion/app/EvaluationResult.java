package org.naturalinversion.app;

import java.util.List;

/**
 * What images are worth to a classifier.
 *
 * @param images how many were looked at
 * @param accuracy the share of them that is put into its class
 * @param crossEntropy mean of the natural logarithms
 * @param bnDistance how far the statistics of the first images are from those of the classifier's
 *     training data, summed over its BatchNorm layers; null if it has none
 * @param bnImages how many images those are
 * @param perClass the classes that there are images of
 * @param backend name of what it was measured on
 * @param device the processor
 */
public record EvaluationResult(
        int images,
        double accuracy,
        double crossEntropy,
        Double bnDistance,
        int bnImages,
        List<OfClass> perClass,
        double seconds,
        double imagesPerSecond,
        String backend,
        String device,
        String precision) {

    /**
     * The images of a class.
     *
     * @param label its number
     * @param name its name; the number if it has none
     */
    public record OfClass(int label, String name, int images, double accuracy) {}
}

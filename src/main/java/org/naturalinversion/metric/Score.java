package org.naturalinversion.metric;

import java.util.Arrays;
import java.util.OptionalDouble;
import org.naturalinversion.tensor.HostTensor;

/** How well a classifier's logits agree with labels; images are added batch by batch. */
public final class Score {
    private final int[] images;
    private final int[] correct;
    private double loss;

    /** Begins with no images. */
    public Score(int classes) {
        images = new int[classes];
        correct = new int[classes];
    }

    /**
     * Adds images.
     *
     * @param logits float32 [N, classes]
     * @param labels the class of each
     * @throws ArithmeticException if a logit is not finite
     */
    public void add(HostTensor logits, int[] labels) {
        float[] values = logits.toFloats();
        int classes = images.length;
        for (int i = 0; i < labels.length; i++) {
            int row = i * classes;
            int best = Evaluator.largest(values, row, classes);
            double crossEntropy = Evaluator.crossEntropy(values, row, classes, labels[i]);
            if (!Double.isFinite(crossEntropy)) {
                throw new ArithmeticException(
                        "the classifier's logits of image %d are not finite"
                                .formatted(images() + 1));
            }
            loss += crossEntropy;
            images[labels[i]]++;
            correct[labels[i]] += best == labels[i] ? 1 : 0;
        }
    }

    /** How many images there are. */
    public int images() {
        return Arrays.stream(images).sum();
    }

    /** How many images there are of a class. */
    public int images(int label) {
        return images[label];
    }

    /** The share of images that are put into their class; empty without images. */
    public OptionalDouble accuracy() {
        return share(Arrays.stream(correct).sum(), images());
    }

    /** The share of a class's images that are put into it; empty without images. */
    public OptionalDouble accuracy(int label) {
        return share(correct[label], images[label]);
    }

    /** Mean over the images of -log softmax(logits)[label], natural logarithm. */
    public OptionalDouble crossEntropy() {
        return share(loss, images());
    }

    private static OptionalDouble share(double part, int of) {
        return of == 0 ? OptionalDouble.empty() : OptionalDouble.of(part / of);
    }
}

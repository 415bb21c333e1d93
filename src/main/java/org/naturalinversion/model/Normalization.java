package org.naturalinversion.model;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a classifier does to pixels in [0, 1] before it looks at them: (pixel - mean) / deviation,
 * per channel.
 *
 * @param mean one number per channel
 * @param deviation one positive number per channel
 */
public record Normalization(List<Double> mean, List<Double> deviation) {
    /** The usual constants, by the data they were measured on. */
    public enum Preset {
        /** RGB of ImageNet, as torchvision has it. */
        IMAGENET(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225)),
        /** RGB of CIFAR-10: mean and deviation over all training pixels. */
        CIFAR10(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616)),
        /** Grey of MNIST, over all training pixels. */
        MNIST(List.of(0.1307), List.of(0.3081)),
        /** Grey of Fashion-MNIST, over all training pixels. */
        FASHION_MNIST(List.of(0.2860), List.of(0.3530)),
        /** Pixels as they are. */
        NONE(List.of(0.0), List.of(1.0));

        private final Normalization normalization;

        Preset(List<Double> mean, List<Double> deviation) {
            normalization = new Normalization(mean, deviation);
        }

        /** The constants, for as many channels as they were measured on. */
        public Normalization normalization() {
            return normalization;
        }

        /** The constants for the given number of channels. */
        public Normalization of(int channels) {
            return normalization.forChannels(channels);
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if the lists differ in length, or a deviation is not
     *     positive
     */
    public Normalization {
        mean = List.copyOf(mean);
        deviation = List.copyOf(deviation);
        if (mean.isEmpty() || mean.size() != deviation.size()) {
            throw new IllegalArgumentException(
                    "mean and std need one number per channel each, not %d and %d"
                            .formatted(mean.size(), deviation.size()));
        }
        if (!mean.stream().allMatch(Double::isFinite)
                || !deviation.stream().allMatch(d -> d > 0 && Double.isFinite(d))) {
            throw new IllegalArgumentException(
                    "mean must be finite and std positive, not %s and %s"
                            .formatted(mean, deviation));
        }
    }

    /**
     * The same, for the given number of channels: a single number serves all.
     *
     * @throws IllegalArgumentException if there are more numbers than one and not as many as
     *     channels
     */
    public Normalization forChannels(int channels) {
        if (mean.size() == channels) {
            return this;
        }
        if (mean.size() != 1) {
            throw new IllegalArgumentException(
                    "mean and std are given for %d channels, the classifier takes %d;"
                                    .formatted(mean.size(), channels)
                            + " a single number of each fits any");
        }
        Double[] means = new Double[channels];
        Double[] deviations = new Double[channels];
        Arrays.fill(means, mean.get(0));
        Arrays.fill(deviations, deviation.get(0));
        return new Normalization(List.of(means), List.of(deviations));
    }

    /** The pixel, in [0, 1] if it can be displayed, that becomes x. */
    public double pixel(int channel, double x) {
        return x * deviation.get(channel) + mean.get(channel);
    }

    /** What a pixel becomes. */
    public double normalised(int channel, double pixel) {
        return (pixel - mean.get(channel)) / deviation.get(channel);
    }
}

package org.naturalinversion.method;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.naturalinversion.graph.Precision;

/**
 * How images are synthesized.
 *
 * @param batch images made together
 * @param iterations steps for each batch
 * @param parts which parts of the method are used
 * @param weights of the loss terms
 * @param rates of the optimisers
 * @param latent length of the generator's random input
 * @param width channels of the generator's first feature map
 * @param jitter largest shift in pixels
 * @param precision how feature maps are stored
 */
public record Settings(
        int batch,
        int iterations,
        Parts parts,
        Weights weights,
        Rates rates,
        int latent,
        int width,
        int jitter,
        Precision precision) {

    /**
     * The parts that can be left out.
     *
     * @param generator images come from a generator; else the pixels themselves are optimised
     * @param ftp the classifier's features are fed into the images
     * @param acs the colour range of each image is learnt
     */
    public record Parts(boolean generator, boolean ftp, boolean acs) {}

    /** Weights of cross-entropy, BatchNorm-statistics distance, total variation and L2 norm. */
    public record Weights(double ce, double bn, double tv, double l2) {
        Weights ce(double value) {
            return new Weights(value, bn, tv, l2);
        }
    }

    /**
     * Adam's step sizes for the generator, the pyramid, the channel scales, and for pixels where
     * there is no generator.
     *
     * @param decay share of the iterations, at the end, in which all of them fall to 0
     */
    public record Rates(double generator, double ftp, double acs, double pixels, double decay) {
        Rates decay(double value) {
            return new Rates(generator, ftp, acs, pixels, value);
        }
    }

    /** No memory holds more; beyond, sizes could no longer be counted. */
    private static final int MOST_IMAGES = 1 << 20;

    private static final int MOST_CHANNELS = 1 << 16;

    /** The paper's settings for CIFAR-10. */
    public static final Settings PAPER_CIFAR10 =
            new Settings(
                    256,
                    2000,
                    new Parts(true, true, true),
                    new Weights(1, 10, 6e-3, 1.5e-5),
                    new Rates(1e-3, 5e-4, 0.05, 0.05, 0),
                    1024,
                    128,
                    2,
                    Precision.F32);

    /** The paper's settings for CIFAR-100. */
    public static final Settings PAPER_CIFAR100 =
            PAPER_CIFAR10.iterations(4000).weights(new Weights(1, 3, 6e-3, 1.5e-5));

    /**
     * A look in minutes on two cores: a small batch, few iterations, and what makes the most of
     * them (docs/adr/0009): labels weigh more than in the paper, and rates fall at the end.
     */
    public static final Settings QUICK =
            PAPER_CIFAR10
                    .batch(64)
                    .iterations(400)
                    .weights(PAPER_CIFAR10.weights().ce(10))
                    .rates(PAPER_CIFAR10.rates().decay(0.5));

    /** The settings that have names, by name. */
    public static final Map<String, Settings> PRESETS =
            new TreeMap<>(
                    Map.of(
                            "paper-cifar10", PAPER_CIFAR10,
                            "paper-cifar100", PAPER_CIFAR100,
                            "quick", QUICK));

    /** These settings for DeepInversion, with the parts and weights of its CIFAR-10 code. */
    public Settings deepInversion() {
        return parts(new Parts(false, false, false))
                .weights(new Weights(1, weights.bn(), 2.5e-5, 0))
                .rates(rates.decay(0));
    }

    public Settings batch(int value) {
        return new Settings(
                value, iterations, parts, weights, rates, latent, width, jitter, precision);
    }

    public Settings iterations(int value) {
        return new Settings(batch, value, parts, weights, rates, latent, width, jitter, precision);
    }

    public Settings parts(Parts value) {
        return new Settings(
                batch, iterations, value, weights, rates, latent, width, jitter, precision);
    }

    public Settings weights(Weights value) {
        return new Settings(
                batch, iterations, parts, value, rates, latent, width, jitter, precision);
    }

    public Settings rates(Rates value) {
        return new Settings(
                batch, iterations, parts, weights, value, latent, width, jitter, precision);
    }

    public Settings generator(int newLatent, int newWidth) {
        return new Settings(
                batch, iterations, parts, weights, rates, newLatent, newWidth, jitter, precision);
    }

    public Settings jitter(int value) {
        return new Settings(
                batch, iterations, parts, weights, rates, latent, width, value, precision);
    }

    public Settings precision(Precision value) {
        return new Settings(batch, iterations, parts, weights, rates, latent, width, jitter, value);
    }

    /** All but the precision, by the names of their options. */
    public Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("batch", batch);
        values.put("iterations", iterations);
        values.put("generator", parts.generator());
        values.put("ftp", parts.ftp());
        values.put("acs", parts.acs());
        values.put("ce-weight", weights.ce());
        values.put("bn-weight", weights.bn());
        values.put("tv-weight", weights.tv());
        values.put("l2-weight", weights.l2());
        values.put("lr-generator", rates.generator());
        values.put("lr-ftp", rates.ftp());
        values.put("lr-acs", rates.acs());
        values.put("lr-pixels", rates.pixels());
        values.put("lr-decay", rates.decay());
        values.put("latent", latent);
        values.put("generator-width", width);
        values.put("jitter", jitter);
        return values;
    }

    /** What is wrong with these settings, a line each; empty if nothing is. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        atLeast(problems, "batch", batch, 1);
        atMost(problems, "batch", batch, MOST_IMAGES);
        atLeast(problems, "iterations", iterations, 1);
        atLeast(problems, "latent", latent, 1);
        atMost(problems, "latent", latent, MOST_CHANNELS);
        atLeast(problems, "generator-width", width, 2);
        atMost(problems, "generator-width", width, MOST_CHANNELS);
        atLeast(problems, "jitter", jitter, 0);
        weight(problems, "ce-weight", weights.ce());
        weight(problems, "bn-weight", weights.bn());
        weight(problems, "tv-weight", weights.tv());
        weight(problems, "l2-weight", weights.l2());
        rate(problems, "lr-generator", rates.generator());
        rate(problems, "lr-ftp", rates.ftp());
        rate(problems, "lr-acs", rates.acs());
        rate(problems, "lr-pixels", rates.pixels());
        if (!(rates.decay() >= 0 && rates.decay() <= 1)) {
            problems.add("--lr-decay must be between 0 and 1, not " + rates.decay());
        }
        return problems;
    }

    private static void atLeast(List<String> problems, String name, int value, int least) {
        if (value < least) {
            problems.add("--%s must be at least %d, not %d".formatted(name, least, value));
        }
    }

    private static void atMost(List<String> problems, String name, int value, int most) {
        if (value > most) {
            problems.add("--%s must be at most %,d, not %,d".formatted(name, most, value));
        }
    }

    private static void weight(List<String> problems, String name, double value) {
        if (!(value >= 0 && Double.isFinite(value))) {
            problems.add("--" + name + " must be 0 or more, not " + value);
        }
    }

    private static void rate(List<String> problems, String name, double value) {
        if (!(value > 0 && Double.isFinite(value))) {
            problems.add("--" + name + " must be more than 0, not " + value);
        }
    }
}

package org.naturalinversion.cli;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.model.Normalization;
import picocli.CommandLine.Option;

/** Options that say what a classifier does to pixels first. */
final class NormalizationOptions {
    @Option(
            names = "--normalize",
            paramLabel = "IMAGES",
            description =
                    "What it does to pixels first: subtract the mean and divide by the deviation"
                            + " of ${COMPLETION-CANDIDATES} (default: of the training images; of a"
                            + " classifier that is read, what its file says, or else imagenet, or"
                            + " none if not in colours).")
    private Normalization.Preset normalize;

    @Option(
            names = "--mean",
            paramLabel = "X",
            split = ",",
            description =
                    "The mean in numbers: one, or one for each channel (default: as --normalize says).")
    private List<Double> mean;

    @Option(
            names = "--std",
            paramLabel = "X",
            split = ",",
            description = "The standard deviation, as many numbers (default: as --normalize says).")
    private List<Double> std;

    /** Everything that is wrong with these options, a line each. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if ((mean == null) != (std == null)) {
            problems.add("--mean and --std need each other");
        } else if (mean != null && normalize != null) {
            problems.add("--normalize excludes --mean and --std");
        } else if (mean != null) {
            try {
                normalization();
            } catch (IllegalArgumentException e) {
                problems.add(e.getMessage());
            }
        }
        return problems;
    }

    /** What is said, if there are no problems; null if nothing is. */
    Normalization normalization() {
        if (mean != null) {
            return new Normalization(mean, std);
        }
        return normalize == null ? null : normalize.normalization();
    }
}

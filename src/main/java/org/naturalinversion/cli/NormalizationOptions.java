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
                    "Normalisation of its input: subtract the mean and divide by the standard"
                            + " deviation of ${COMPLETION-CANDIDATES} (default: when training,"
                            + " of the training images; otherwise what the classifier's file"
                            + " says, else imagenet, or none for images without colour).")
    private Normalization.Preset normalize;

    @Option(
            names = "--mean",
            paramLabel = "X",
            split = ",",
            description = "The mean: one number, or one per channel (default: see --normalize).")
    private List<Double> mean;

    @Option(
            names = "--std",
            paramLabel = "X",
            split = ",",
            description =
                    "The standard deviation: one number, or one per channel (default: see"
                            + " --normalize).")
    private List<Double> std;

    /** Everything that is wrong with these options, a line each. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if ((mean == null) != (std == null)) {
            problems.add("--mean and --std must be given together");
        } else if (mean != null && normalize != null) {
            problems.add("--normalize cannot be combined with --mean and --std");
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

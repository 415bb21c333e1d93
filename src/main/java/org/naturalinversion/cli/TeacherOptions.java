package org.naturalinversion.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.app.Builtin;
import org.naturalinversion.app.ClassifierSource;
import org.naturalinversion.model.Normalization;
import picocli.CommandLine.Option;

/** Options that say which classifier a command works with, and what is known of it. */
final class TeacherOptions {
    static final String NAME = "Classifier";

    @Option(
            names = "--teacher",
            paramLabel = "FILE",
            description =
                    "The trained classifier: safetensors, ONNX or a PyTorch checkpoint (default:"
                            + " ${DEFAULT-VALUE}, which comes with the program).")
    private String teacher = Builtin.CLASSIFIER;

    @Option(
            names = "--arch",
            paramLabel = "NAME",
            description = "Its architecture (default: the one that the weights fit).")
    private String arch;

    @Option(
            names = "--normalize",
            paramLabel = "NAME",
            description =
                    "What it does to pixels first: subtract the mean and divide by the deviation"
                            + " of ${COMPLETION-CANDIDATES} (default: what the file says, or else"
                            + " imagenet; none if not in colours).")
    private Normalization.Preset normalize;

    @Option(
            names = "--mean",
            paramLabel = "X",
            split = ",",
            description = "The mean in numbers: one, or one for each channel.")
    private List<Double> mean;

    @Option(
            names = "--std",
            paramLabel = "X",
            split = ",",
            description = "The deviation in numbers, as many.")
    private List<Double> std;

    @Option(
            names = "--input-size",
            paramLabel = "PIXELS",
            description = "Height and width of its images (default: the architecture's own).")
    private Integer inputSize;

    /** Everything that is wrong with these options, a line each. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if ((mean == null) != (std == null)) {
            problems.add("mean and std need each other");
        } else if (mean != null && normalize != null) {
            problems.add("normalize excludes mean and std");
        } else if (mean != null) {
            try {
                normalization();
            } catch (IllegalArgumentException e) {
                problems.add(e.getMessage());
            }
        }
        if (inputSize != null && inputSize < 1) {
            problems.add("input-size must be at least 1, not " + inputSize);
        }
        return problems;
    }

    /** The classifier that is meant, if there are no problems. */
    ClassifierSource source() {
        return new ClassifierSource(Path.of(teacher), arch, normalization(), inputSize);
    }

    private Normalization normalization() {
        if (mean != null) {
            return new Normalization(mean, std);
        }
        return normalize == null ? null : normalize.normalization();
    }
}

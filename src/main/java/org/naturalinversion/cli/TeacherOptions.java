package org.naturalinversion.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.app.Builtin;
import org.naturalinversion.app.ClassifierSource;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that say which classifier a command works with, and what is known of it. */
final class TeacherOptions {
    static final String NAME = "Classifier";

    @Option(
            names = "--teacher",
            paramLabel = "FILE",
            description =
                    "The trained classifier: safetensors, ONNX or a PyTorch checkpoint (default:"
                            + " ${DEFAULT-VALUE}, the embedded one).")
    private String teacher = Builtin.CLASSIFIER;

    @Option(
            names = "--arch",
            paramLabel = "NAME",
            description = "Its architecture (default: the one that fits the weights).")
    private String arch;

    @Mixin private NormalizationOptions normalization;

    @Option(
            names = "--input-size",
            paramLabel = "PIXELS",
            description = "Height and width of its images (default: the architecture's own).")
    private Integer inputSize;

    /** Everything that is wrong with these options, a line each. */
    List<String> problems() {
        List<String> problems = new ArrayList<>(normalization.problems());
        if (inputSize != null && inputSize < 1) {
            problems.add("--input-size must be at least 1, not " + inputSize);
        }
        return problems;
    }

    /** The classifier that is meant, if there are no problems. */
    ClassifierSource source() {
        return new ClassifierSource(
                Path.of(teacher), arch, normalization.normalization(), inputSize);
    }
}

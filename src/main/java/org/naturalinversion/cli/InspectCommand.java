package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.naturalinversion.app.ClassifierSource;
import org.naturalinversion.app.Inspection;
import org.naturalinversion.model.io.Fit;
import org.naturalinversion.model.io.Misfit;
import org.naturalinversion.model.io.MisfitException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ni inspect}: what a classifier is. */
@Command(
        name = "inspect",
        description =
                "Says what a classifier is, and whether it can be inverted, and why not; of weights"
                        + " that do not fit an architecture, each that does not.",
        footer = {"", "Example:", "  ni inspect resnet20.th --arch resnet20-cifar"})
final class InspectCommand extends BaseCommand {
    @Mixin(name = ModelOptions.NAME)
    private ModelOptions model;

    /** Options that say which file, and what is known of it. */
    static final class ModelOptions {
        static final String NAME = "Classifier";

        @Parameters(paramLabel = "FILE", description = "safetensors or a PyTorch checkpoint.")
        private Path file;

        @Option(
                names = "--arch",
                paramLabel = "NAME",
                description = "Its architecture (default: the one that the weights fit).")
        private String arch;

        @Option(
                names = "--input-size",
                paramLabel = "PIXELS",
                description = "Height and width of its images (default: the architecture's own).")
        private Integer inputSize;
    }

    @Override
    List<String> problems() {
        return model.inputSize == null || model.inputSize > 0
                ? List.of()
                : List.of("input-size must be at least 1, not " + model.inputSize);
    }

    @Override
    public Integer call() {
        ClassifierSource source =
                new ClassifierSource(model.file, model.arch, null, model.inputSize);
        try {
            Inspection inspection = Inspection.of(source.read().classifier());
            print(inspection, out -> describe(inspection, out));
            return ExitCode.DONE;
        } catch (MisfitException e) {
            Misfits misfits = Misfits.of(e.fit());
            print(misfits, out -> misfits.describe(out));
            throw e;
        }
    }

    /** What is printed where the weights do not fit; the message of the failure names only some. */
    private record Misfits(String architecture, int matching, int expected, List<Misfit> misfits) {
        static Misfits of(Fit fit) {
            return new Misfits(
                    fit.architecture().name(), fit.matches().size(), fit.expected(), fit.misfits());
        }

        void describe(PrintWriter out) {
            out.printf("%s: %d of %d tensors fit%n", architecture, matching, expected);
            misfits.forEach(misfit -> out.printf("  %-12s %s%n", misfit.kind(), misfit));
        }
    }

    private static void describe(Inspection i, PrintWriter out) {
        out.printf("%s: %s -> %d classes%n", i.architecture(), i.input(), i.classes());
        out.printf("  parameters  %,d%n", i.parameters());
        out.printf("  MACs        %,d for each image%n", i.macs());
        out.printf("  BatchNorm   %d layers%n", i.bnLayers());
        i.bnProblems().forEach(problem -> out.printf("              %s%n", problem));
        for (Inspection.Tap tap : i.taps()) {
            out.printf("  tap         %d x %d x %d%n", tap.channels(), tap.height(), tap.width());
        }
        out.printf("  invertible  %s: %s%n", i.invertible() ? "yes" : "no", i.reason());
    }
}

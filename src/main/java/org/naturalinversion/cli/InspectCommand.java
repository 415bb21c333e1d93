package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.app.Backends;
import org.naturalinversion.app.ClassifierSource;
import org.naturalinversion.app.Forecast;
import org.naturalinversion.app.Inspection;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.method.Settings;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.Normalization;
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
                "Shows what a classifier is and whether it can be inverted, or why not. Lists"
                        + " all weights that do not fit an architecture.",
        footer = {"", "Example:", "  ni inspect resnet20.th --arch resnet20-cifar"})
final class InspectCommand extends BaseCommand {
    @Mixin(name = ModelOptions.NAME)
    private ModelOptions model;

    /** Options that say which file, and what is known of it. */
    static final class ModelOptions {
        static final String NAME = "Classifier";

        @Parameters(paramLabel = "FILE", description = "safetensors, ONNX or a PyTorch checkpoint.")
        private Path file;

        @Option(
                names = "--arch",
                paramLabel = "NAME",
                description = "Its architecture (default: the one that fits the weights).")
        private String arch;

        @Option(
                names = "--input-size",
                paramLabel = "PIXELS",
                description = "Height and width of its images (default: the architecture's own).")
        private Integer inputSize;

        @Option(
                names = "--batch",
                paramLabel = "N",
                description =
                        "Batch size for the forecast of memory and time (default:"
                                + " ${DEFAULT-VALUE}).")
        private int batch = 64;
    }

    @Mixin(name = EngineOptions.NAME)
    private EngineOptions engine;

    @Override
    List<String> problems() {
        List<String> problems = new ArrayList<>(engine.problems());
        if (model.inputSize != null && model.inputSize < 1) {
            problems.add("--input-size must be at least 1, not " + model.inputSize);
        }
        problems.addAll(Settings.QUICK.batch(model.batch).problems());
        return problems;
    }

    @Override
    public Integer call() {
        // What it does to pixels first matters to nothing that is looked at here.
        ClassifierSource source =
                new ClassifierSource(
                        model.file,
                        model.arch,
                        Normalization.Preset.NONE.normalization(),
                        model.inputSize);
        try {
            inspect(source.read().classifier());
            return ExitCode.DONE;
        } catch (MisfitException e) {
            Misfits misfits = Misfits.of(e.fit());
            print(misfits, out -> misfits.describe(out));
            throw e;
        }
    }

    private void inspect(Classifier classifier) {
        Inspection inspection = Inspection.of(classifier);
        Settings settings = Settings.QUICK.batch(model.batch).precision(engine.precision());
        if (inspection.lacksTaps()) {
            settings = settings.parts(new Settings.Parts(true, false, true));
        }
        try (Engine opened = Backends.open(engine.backend, engine.threads())) {
            Inspection foreseen = inspection.with(Forecast.of(opened, classifier, settings));
            print(foreseen, out -> describe(foreseen, out));
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
        out.printf("  MACs        %,d per image%n", i.macs());
        out.printf("  BatchNorm   %d layers%n", i.bnLayers());
        where(i.bnWhere()).forEach(line -> out.printf("              %s%n", line));
        i.bnProblems().forEach(problem -> out.printf("              %s%n", problem));
        for (Inspection.Tap tap : i.taps()) {
            out.printf(
                    "  tap         %d x %d x %d, sees %d pixels%n",
                    tap.channels(), tap.height(), tap.width(), tap.receptiveField());
        }
        out.printf(
                "  a batch of %d needs %,d MB and about %.2g s per iteration (estimated from"
                        + " this machine's peak)%n",
                i.forecast().batch(),
                i.forecast().memoryBytes() / 1_000_000,
                i.forecast().secondsPerIteration());
        out.printf("  invertible  %s: %s%n", i.invertible() ? "yes" : "no", i.reason());
    }

    /** A line for each run of layers of one resolution. */
    private static List<String> where(List<Inspection.Layer> layers) {
        List<String> lines = new ArrayList<>();
        for (int from = 0, to = 1; from < layers.size(); from = to++) {
            Inspection.Layer first = layers.get(from);
            while (to < layers.size()
                    && layers.get(to).height() == first.height()
                    && layers.get(to).width() == first.width()) {
                to++;
            }
            lines.add(
                    "%d at %d x %d: %s"
                            .formatted(
                                    to - from,
                                    first.height(),
                                    first.width(),
                                    to - from == 1
                                            ? first.name()
                                            : first.name() + " to " + layers.get(to - 1).name()));
        }
        return lines;
    }
}

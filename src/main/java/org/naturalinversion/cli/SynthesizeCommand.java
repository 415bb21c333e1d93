package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.naturalinversion.app.ClassifierSource;
import org.naturalinversion.app.SynthesisRequest;
import org.naturalinversion.app.SynthesisResult;
import org.naturalinversion.app.Synthesize;
import org.naturalinversion.app.Watcher;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.data.RunDirectory;
import org.naturalinversion.model.Normalization;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ni synthesize}: classifier in, labelled images out. */
@Command(
        name = "synthesize",
        description = "Makes labelled images from a trained classifier, without any data.",
        customSynopsis = "ni synthesize [--teacher FILE] [options]",
        footer = {
            "",
            "Example:",
            "  ni synthesize --teacher resnet20.th --arch resnet20-cifar --per-class 10",
            "",
            "writes a folder with grid.png, images/<class>/*.png, losses.csv, losses.png and",
            "manifest.json. --resume continues a run that was stopped."
        })
final class SynthesizeCommand extends BaseCommand {
    @Mixin(name = TeacherOptions.NAME)
    private TeacherOptions teacher;

    @Mixin(name = QuantityOptions.NAME)
    private QuantityOptions quantity;

    @Mixin(name = MethodOptions.NAME)
    private MethodOptions method;

    @Mixin(name = VerifierOptions.NAME)
    private VerifierOptions verifier;

    @Mixin(name = OutputOptions.NAME)
    private OutputOptions output;

    @Mixin(name = EngineOptions.NAME)
    private EngineOptions engine;

    private BiFunction<SynthesisRequest, Watcher, SynthesisResult> work = Synthesize::run;

    /** Lets something else do the work: for tests of all that is around it. */
    void use(BiFunction<SynthesisRequest, Watcher, SynthesisResult> value) {
        work = value;
    }

    /** Options that say how many images, and of what. */
    static final class QuantityOptions {
        static final String NAME = "Images";

        @Option(
                names = "--images",
                paramLabel = "N",
                description =
                        "Number of images in all (default: one batch). Surplus images of the"
                                + " last batch are not kept.")
        private Integer images;

        @Option(
                names = "--per-class",
                paramLabel = "N",
                description = "Number of images per class (default: see --images).")
        private Integer perClass;

        @Option(
                names = "--classes",
                paramLabel = "N",
                split = ",",
                description = "Only these classes, for example 0,3,7 (default: all).")
        private List<Integer> classes = List.of();

        @Option(
                names = "--seed",
                paramLabel = "N",
                description = "Seed of all random numbers (default: ${DEFAULT-VALUE}).")
        private long seed = 0;
    }

    /** Options about a second opinion. */
    static final class VerifierOptions {
        static final String NAME = "Second opinion";

        @Option(
                names = "--verifier",
                paramLabel = "FILE",
                description = "Another classifier that judges the finished images (default: none).")
        private Path file;

        @Option(
                names = "--verifier-arch",
                paramLabel = "NAME",
                description = "Its architecture (default: the one that fits the weights).")
        private String arch;

        @Option(
                names = "--verifier-normalize",
                paramLabel = "NAME",
                description = "Normalisation of its input (default: the teacher's).")
        private Normalization.Preset normalize;

        private ClassifierSource source() {
            return file == null
                    ? null
                    : new ClassifierSource(
                            file, arch, normalize == null ? null : normalize.normalization(), null);
        }
    }

    /** Options about what is left behind. */
    static final class OutputOptions {
        static final String NAME = "Output";

        @Option(
                names = "--out",
                paramLabel = "FOLDER",
                description = "Output folder (default: a new folder in runs).")
        private Path folder;

        @Option(
                names = "--resume",
                description = "Complete the run in the folder of --out, with its settings.")
        private boolean resume;

        @Option(
                names = "--format",
                paramLabel = "FORMAT",
                split = ",",
                description =
                        "png: 8-bit images; raw: the exact batches as safetensors; png,raw: both"
                                + " (default: png).")
        private Set<Format> formats = new LinkedHashSet<>(Set.of(Format.PNG));

        @Option(
                names = "--stretched",
                negatable = true,
                description =
                        "In grid.png, stretch the contrast of every image to the full"
                                + " range (default: no).")
        private boolean stretched;
    }

    /** To complete a run, its own manifest says how, unless another file is given. */
    @Override
    Optional<Path> settingsFile() {
        return settingsIn(output.resume ? output.folder : null, RunDirectory.MANIFEST);
    }

    @Override
    Set<String> replacedBy(String option) {
        return switch (option) {
            case "--images" -> Set.of("--per-class");
            case "--per-class" -> Set.of("--images");
            case "--normalize" -> Set.of("--mean", "--std");
            case "--mean", "--std" -> Set.of("--normalize");
            default -> Set.of();
        };
    }

    @Override
    List<String> problems() {
        List<String> problems = new ArrayList<>(teacher.problems());
        problems.addAll(method.problems());
        problems.addAll(engine.problems());
        problems.addAll(request(null).problems());
        return problems;
    }

    @Override
    public Integer call() {
        SynthesisResult result = work.apply(request(teacher.source()), watcher());
        if (!result.finished()) {
            return stopped(
                    result.batches(),
                    result.batchesWanted(),
                    "batches",
                    "synthesize",
                    result.out());
        }
        print(result, out -> describe(result, out));
        return ExitCode.DONE;
    }

    private SynthesisRequest request(ClassifierSource source) {
        return new SynthesisRequest(
                source,
                verifier.source(),
                method.settings(engine.precision()),
                method.autoBatch(),
                method.concurrent,
                method.allowMissingBn,
                new SynthesisRequest.Quantity(quantity.images, quantity.perClass, quantity.classes),
                quantity.seed,
                engine.backend,
                engine.threads(),
                new SynthesisRequest.Output(
                        output.folder, output.resume, output.formats, output.stretched));
    }

    private static void describe(SynthesisResult result, PrintWriter out) {
        out.printf("%d images in %s%n", result.images(), result.out());
        out.printf(
                "  recognised  %s by the teacher%s%n",
                percent(result.teacherAccuracy(), result.teacherAccuracyPng()),
                result.verifierAccuracy() == null
                        ? ""
                        : ", %s by the verifier"
                                .formatted(
                                        percent(
                                                result.verifierAccuracy(),
                                                result.verifierAccuracyPng())));
        out.printf(
                "  best loss   %.4g (BatchNorm %.4g, cross-entropy %.4g)%n",
                result.bestLoss().stream().mapToDouble(x -> x).average().orElse(Double.NaN),
                result.bnLoss(),
                result.ceLoss());
        if (result.iterationsPerSecond() == null) {
            out.printf("  took        no time, the run was already complete%n");
        } else {
            out.printf(
                    "  took        %s, %.3g iterations/s on %s%n",
                    Duration.text(result.seconds()),
                    result.iterationsPerSecond(),
                    result.backend());
        }
        if (result.grid() != null) {
            out.printf("  look at     %s%n", result.grid());
        }
    }

    private static String percent(double exact, double png) {
        return "%.1f %% (%.1f %% as 8-bit images)".formatted(100 * exact, 100 * png);
    }
}

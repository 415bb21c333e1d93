package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.naturalinversion.app.ClassifierSource;
import org.naturalinversion.app.Evaluate;
import org.naturalinversion.app.EvaluationRequest;
import org.naturalinversion.app.EvaluationResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ni evaluate}: labelled images measured against a classifier. */
@Command(
        name = "evaluate",
        description =
                "Measures labelled images against a classifier: accuracy, cross-entropy, and the"
                        + " distance to its training data according to its BatchNorm layers.",
        customSynopsis = "ni evaluate [--teacher FILE] --data PATH [options]",
        footer = {
            "",
            "Example:",
            "  ni evaluate --teacher resnet20.th --normalize imagenet --data cifar10",
            "",
            "PATH is a folder with one sub-folder of PNG or JPEG files per class; CIFAR-10 or",
            "CIFAR-100 in the binary version; IDX files such as MNIST, gzipped or not; or a",
            "run of ni synthesize. If a folder has a training and a test part, the test part",
            "is used. Images of another size are scaled and cropped."
        })
final class EvaluateCommand extends BaseCommand {
    /** More classes than this are no table to look at. */
    private static final int MOST_ROWS = 100;

    @Mixin(name = TeacherOptions.NAME)
    private TeacherOptions teacher;

    @Mixin(name = DataOptions.NAME)
    private DataOptions data;

    @Mixin(name = EngineOptions.NAME)
    private EngineOptions engine;

    /** Options that say which images. */
    static final class DataOptions {
        static final String NAME = "Images";

        @Option(
                names = "--data",
                paramLabel = "PATH",
                description = "The labelled images (required).")
        private Path path;

        @Option(
                names = "--limit",
                paramLabel = "N",
                description = "Only the first N of them (default: all).")
        private Integer limit;

        @Option(
                names = "--batch",
                paramLabel = "N",
                description =
                        "Images per batch; the BatchNorm distance is measured on the first batch"
                                + " (default: ${DEFAULT-VALUE}).")
        private int batch = 256;
    }

    @Override
    List<String> problems() {
        List<String> problems = new ArrayList<>(teacher.problems());
        problems.addAll(engine.problems());
        problems.addAll(request(null).problems());
        return problems;
    }

    @Override
    public Integer call() {
        Optional<EvaluationResult> result = Evaluate.run(request(teacher.source()), watcher());
        if (result.isEmpty()) {
            err().println("ni: stopped before all images were evaluated");
            err().flush();
            return ExitCode.STOPPED;
        }
        print(result.get(), out -> describe(result.get(), out));
        return ExitCode.DONE;
    }

    private EvaluationRequest request(ClassifierSource source) {
        return new EvaluationRequest(
                source,
                data.path,
                data.limit,
                data.batch,
                engine.precision(),
                engine.backend,
                engine.threads());
    }

    private void describe(EvaluationResult result, PrintWriter out) {
        out.printf("%,d images of %s%n", result.images(), data.path);
        out.printf("  accuracy       %.2f %%%n", 100 * result.accuracy());
        out.printf("  cross-entropy  %.4f%n", result.crossEntropy());
        if (result.bnDistance() != null) {
            out.printf(
                    "  BN distance    %.4g, of the first %d images%n",
                    result.bnDistance(), result.bnImages());
        }
        out.printf(
                "  took           %s, %.0f images/s on %s%n",
                Duration.text(result.seconds()), result.imagesPerSecond(), result.backend());
        out.printf("%n  %5s %8s %9s  %s%n", "class", "images", "accuracy", "name");
        if (result.perClass().size() > MOST_ROWS) {
            out.printf("  %d classes; --json has them all%n", result.perClass().size());
            return;
        }
        for (EvaluationResult.OfClass each : result.perClass()) {
            out.printf(
                    "  %5d %,8d %7.2f %%  %s%n",
                    each.label(), each.images(), 100 * each.accuracy(), each.name());
        }
    }
}

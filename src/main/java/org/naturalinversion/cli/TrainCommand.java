package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.naturalinversion.app.Train;
import org.naturalinversion.app.TrainRequest;
import org.naturalinversion.app.TrainResult;
import org.naturalinversion.data.Augmentation;
import org.naturalinversion.data.TrainingFolder;
import org.naturalinversion.train.TrainingSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ni train}: labelled images in, classifier out. */
@Command(
        name = "train",
        description = "Trains a classifier on labelled images.",
        customSynopsis = "ni train --data PATH [options]",
        footer = {
            "",
            "Example:",
            "  ni train --data cifar-10-batches-bin --arch resnet20-cifar --out resnet20",
            "",
            "writes a folder with best.safetensors, last.safetensors, epochs.csv, epochs.png",
            "and training.json. --resume continues a training that was stopped."
        })
final class TrainCommand extends BaseCommand {
    @Mixin(name = DataOptions.NAME)
    private DataOptions data;

    @Mixin(name = NetworkOptions.NAME)
    private NetworkOptions network;

    @Mixin(name = DescentOptions.NAME)
    private DescentOptions descent;

    @Mixin(name = OutputOptions.NAME)
    private OutputOptions output;

    @Mixin(name = EngineOptions.NAME)
    private EngineOptions engine;

    /** Options about the images. */
    static final class DataOptions {
        static final String NAME = "Images";

        @Option(
                names = "--data",
                paramLabel = "PATH",
                description =
                        "Training images: a folder of CIFAR binary or IDX files, one of these"
                                + " files, or a folder with one sub-folder of pictures per class"
                                + " (required).")
        private Path data;

        @Option(
                names = "--test",
                paramLabel = "PATH",
                description = "Test images (default: the test part of the data).")
        private Path test;

        @Option(
                names = "--input-size",
                paramLabel = "PIXELS",
                description =
                        "Scale and crop all images to this height and width (default: their own"
                                + " size, the same for all).")
        private Integer inputSize;

        @Option(
                names = "--crop-padding",
                paramLabel = "PIXELS",
                description =
                        "Shift training images by up to this many pixels (default:"
                                + " ${DEFAULT-VALUE}).")
        private int padding = 4;

        @Option(
                names = "--flip",
                negatable = true,
                fallbackValue = "true",
                description = "Mirror half of the training images (default: yes).")
        private boolean flip = true;
    }

    /** Options about the classifier. */
    static final class NetworkOptions {
        static final String NAME = "Classifier";

        @Option(
                names = "--arch",
                paramLabel = "NAME",
                description = "Its architecture (default: ${DEFAULT-VALUE}).")
        private String arch = "resnet20-cifar";

        @Mixin private NormalizationOptions normalization;
    }

    /** Options about the way down. */
    static final class DescentOptions {
        static final String NAME = "Training";

        private enum Schedule {
            COSINE,
            STEP;

            @Override
            public String toString() {
                return name().toLowerCase(java.util.Locale.ROOT);
            }
        }

        @Option(
                names = "--epochs",
                paramLabel = "N",
                description = "Number of passes over the images (default: ${DEFAULT-VALUE}).")
        private int epochs = 60;

        @Option(
                names = "--batch",
                paramLabel = "N",
                description = "Images per step (default: ${DEFAULT-VALUE}).")
        private int batch = 128;

        @Option(
                names = "--learning-rate",
                paramLabel = "X",
                description = "The largest step size (default: ${DEFAULT-VALUE}).")
        private double rate = 0.1;

        @Option(
                names = "--momentum",
                paramLabel = "X",
                description = "Nesterov's momentum (default: ${DEFAULT-VALUE}).")
        private double momentum = 0.9;

        @Option(
                names = "--weight-decay",
                paramLabel = "X",
                description = "Weight decay (L2) (default: ${DEFAULT-VALUE}).")
        private double weightDecay = 5e-4;

        @Option(
                names = "--label-smoothing",
                paramLabel = "X",
                description =
                        "Share of a label's weight that is spread over all classes (default:"
                                + " ${DEFAULT-VALUE}).")
        private double smoothing = 0;

        @Option(
                names = "--warmup",
                paramLabel = "EPOCHS",
                description =
                        "Epochs in which the step size rises to its full size (default:"
                                + " ${DEFAULT-VALUE}; 0 with a single epoch).")
        private double warmup = 1;

        @Option(
                names = "--schedule",
                paramLabel = "SCHEDULE",
                description =
                        "How the step size falls: ${COMPLETION-CANDIDATES} (default:"
                                + " ${DEFAULT-VALUE}).")
        private Schedule schedule = Schedule.COSINE;

        @Option(
                names = "--milestones",
                paramLabel = "EPOCHS",
                split = ",",
                description =
                        "For --schedule step: epochs after which the step size falls (default:"
                                + " half and three quarters of all).")
        private List<Integer> milestones;

        @Option(
                names = "--gamma",
                paramLabel = "X",
                description =
                        "For --schedule step: factor by which it falls (default:"
                                + " ${DEFAULT-VALUE}).")
        private double gamma = 0.1;

        @Option(
                names = "--seed",
                paramLabel = "N",
                description = "Seed of all random numbers (default: ${DEFAULT-VALUE}).")
        private long seed = 0;

        private TrainingSettings.Decay decay() {
            if (schedule == Schedule.COSINE) {
                return new TrainingSettings.Decay.Cosine();
            }
            return new TrainingSettings.Decay.Steps(
                    milestones != null ? milestones : List.of(epochs / 2, epochs * 3 / 4), gamma);
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
                description = "Complete the training in the folder of --out, with its settings.")
        private boolean resume;
    }

    /** To complete a training, its own record says how, unless another file is given. */
    @Override
    Optional<Path> settingsFile() {
        return settingsIn(output.resume ? output.folder : null, TrainingFolder.RECORD);
    }

    @Override
    List<String> problems() {
        List<String> problems = new ArrayList<>(engine.problems());
        problems.addAll(network.normalization.problems());
        if (problems.isEmpty()) {
            problems.addAll(request().problems());
        }
        return problems;
    }

    @Override
    public Integer call() {
        TrainResult result = Train.run(request(), watcher());
        if (!result.finished()) {
            return stopped(result.epochs(), result.epochsWanted(), "epochs", "train", result.out());
        }
        print(result, out -> describe(result, out));
        return ExitCode.DONE;
    }

    private TrainRequest request() {
        return new TrainRequest(
                network.arch,
                data.data,
                data.test,
                data.inputSize,
                network.normalization.normalization(),
                new Augmentation(data.padding, data.flip),
                new TrainingSettings(
                        descent.epochs,
                        descent.batch,
                        descent.rate,
                        descent.momentum,
                        descent.weightDecay,
                        descent.smoothing,
                        descent.decay(),
                        descent.epochs == 1 && descent.warmup == 1 ? 0 : descent.warmup,
                        engine.precision(),
                        descent.seed),
                engine.backend,
                engine.threads(),
                output.folder,
                output.resume);
    }

    private static void describe(TrainResult result, PrintWriter out) {
        out.printf("%s%n", result.best());
        out.printf(
                "  test accuracy  %.2f %% at best, %.2f %% after the last of %d epochs%n",
                100 * result.bestTestAccuracy(), 100 * result.testAccuracy(), result.epochs());
        if (result.secondsPerEpoch() != null) {
            out.printf(
                    "  took           %s: %.1f s per epoch, %,.0f images/s, %.0f GFLOP/s on %s%n",
                    Duration.text(result.seconds()),
                    result.secondsPerEpoch(),
                    result.imagesPerSecond(),
                    result.gflopsPerSecond(),
                    result.backend());
        }
        out.printf(
                "  size           %,d parameters, %,d multiply-adds per image%n",
                result.parameters(), result.macs());
    }
}

package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.app.Train;
import org.naturalinversion.app.TrainRequest;
import org.naturalinversion.app.TrainResult;
import org.naturalinversion.app.Watcher;
import org.naturalinversion.data.Augmentation;
import org.naturalinversion.data.ImageSet;
import org.naturalinversion.data.SyntheticSet;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.train.TrainingSettings;

/** Training whole, as small as it can be. */
class TrainCommandTest {
    private static final ImageSize SIZE = new ImageSize(12, 12, 1);

    @TempDir static Path folder;
    private static Path data;

    @BeforeAll
    static void makeImages() throws IOException {
        data = folder.resolve("data");
        Files.createDirectory(data);
        write(data, "train", new SyntheticSet(60, SIZE, 3, 5));
        write(data, "t10k", new SyntheticSet(30, SIZE, 3, 500));
    }

    /** IDX files, as those of MNIST. */
    private static void write(Path into, String part, ImageSet set) throws IOException {
        byte[] pixels = new byte[SIZE.height() * SIZE.width()];
        try (DataOutputStream images =
                        new DataOutputStream(
                                Files.newOutputStream(into.resolve(part + "-images-idx3-ubyte")));
                DataOutputStream labels =
                        new DataOutputStream(
                                Files.newOutputStream(into.resolve(part + "-labels-idx1-ubyte")))) {
            images.writeInt(0x803);
            images.writeInt(set.size());
            images.writeInt(SIZE.height());
            images.writeInt(SIZE.width());
            labels.writeInt(0x801);
            labels.writeInt(set.size());
            for (int i = 0; i < set.size(); i++) {
                set.pixels(i, pixels, 0);
                images.write(pixels);
                labels.write(set.label(i));
            }
        }
    }

    private static Cli train(Path out, String... more) {
        Map<String, Object> flags = new LinkedHashMap<>();
        for (String flag : List.of("--epochs=2", "--batch=10", "--seed=4")) {
            flags.put(flag.replaceFirst("=.*", ""), flag);
        }
        for (String flag : more) {
            flags.put(flag.replaceFirst("=.*", ""), flag);
        }
        List<Object> arguments = new ArrayList<>(List.of("train", "--data=" + data));
        arguments.addAll(flags.values());
        arguments.add("--out=" + out);
        return Cli.run(arguments.toArray());
    }

    @Test
    void leavesAClassifierThatKnowsWhatItIs() throws IOException {
        Path out = folder.resolve("whole");

        Cli trained = train(out, "--json");

        assertThat(trained.code()).as(trained.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(trained.out());
        assertThat(result.path("epochs").asInt()).isEqualTo(2);
        assertThat(result.path("best_test_accuracy").asDouble())
                .isGreaterThanOrEqualTo(result.path("test_accuracy").asDouble());
        assertThat(result.path("images_per_second").asDouble()).isPositive();
        assertThat(out)
                .isDirectoryContaining(file -> file.endsWith("training.json"))
                .isDirectoryContaining(file -> file.endsWith("state.safetensors"))
                .isDirectoryContaining(file -> file.endsWith("last.safetensors"));
        assertThat(out.resolve("epochs.csv")).content().hasLineCount(3);
        Classifier best = ClassifierReader.read(out.resolve("best.safetensors"), null, null, null);
        assertThat(best.architecture().name()).isEqualTo("resnet20-cifar");
        assertThat(best.input()).isEqualTo(SIZE);
        assertThat(best.classes()).isEqualTo(3);
        assertThat(best.normalization().mean().get(0)).isBetween(0.1, 0.4);
    }

    @Test
    void goesOnWhereItWasStoppedAsIfNothingHadHappened() throws IOException {
        Path through = folder.resolve("through");
        Path stopped = folder.resolve("stopped");
        assertThat(train(through).code()).isZero();

        TrainResult result = Train.run(request(stopped), new StopsInSecondEpoch());
        assertThat(result.finished()).isFalse();
        assertThat(result.epochs()).isEqualTo(1);
        Cli refused = train(stopped);
        Cli other = Cli.run("train", "--out=" + stopped, "--resume", "--learning-rate=0.2");
        Cli resumed = Cli.run("train", "--out=" + stopped, "--resume");

        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err()).contains("--resume continues it");
        assertThat(other.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(other.err()).contains("learning-rate is 0.1, not 0.2");
        assertThat(resumed.code()).as(resumed.err()).isZero();
        for (String file : List.of("best.safetensors", "last.safetensors", "state.safetensors")) {
            assertThat(stopped.resolve(file)).hasSameBinaryContentAs(through.resolve(file));
        }
    }

    @Test
    void bringsImagesToTheSizeThatIsAskedFor() {
        Path out = folder.resolve("smaller");

        Cli trained = train(out, "--input-size=8", "--epochs=1");

        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(ClassifierReader.read(out.resolve("best.safetensors"), null, null, null).input())
                .isEqualTo(new ImageSize(8, 8, 1));
    }

    private static TrainRequest request(Path out) {
        return new TrainRequest(
                "resnet20-cifar",
                data,
                null,
                null,
                null,
                Augmentation.USUAL,
                new TrainingSettings(
                        2,
                        10,
                        0.1,
                        0.9,
                        5e-4,
                        0,
                        new TrainingSettings.Decay.Cosine(),
                        1,
                        Precision.F32,
                        4),
                "auto",
                0,
                out,
                false);
    }

    private static final class StopsInSecondEpoch implements Watcher {
        private long done;

        @Override
        public void advance(long steps, String detail) {
            done = steps;
        }

        @Override
        public boolean wantsStop() {
            return done >= 8;
        }
    }

    @Test
    void whatMakesNoSenseIsOneLine() {
        assertUsage(Cli.run("train"), "data is missing");
        assertUsage(train(folder.resolve("a"), "--arch=resnet21"), "there is no architecture");
        assertUsage(train(folder.resolve("a"), "--epochs=0"), "epochs must be at least 1");
        assertUsage(train(folder.resolve("a"), "--learning-rate=0"), "learning-rate must be");
        assertUsage(train(folder.resolve("a"), "--warmup=2"), "warmup must be");
        assertUsage(train(folder.resolve("a"), "--batch=61"), "too few for a batch of 61");
        assertUsage(train(folder.resolve("a"), "--mean=0.5"), "--mean and --std need each other");
        assertUsage(train(folder.resolve("a"), "--normalize=cifar10"), "for 3 channels");
        assertUsage(
                train(folder.resolve("a"), "--schedule=step", "--milestones=2"),
                "milestones must be epochs from 1 to 1");
        assertUsage(train(data), "holds files, but no training");
        assertUsage(
                Cli.run("train", "--data=" + data.resolve("train-images-idx3-ubyte")),
                "--test names other images");
        Cli missing = Cli.run("train", "--data=" + folder.resolve("nowhere"));
        assertThat(missing.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(folder.resolve("a")).doesNotExist();
    }

    private static void assertUsage(Cli cli, String said) {
        assertThat(cli.code()).as(cli.err()).isEqualTo(ExitCode.USAGE);
        assertThat(cli.err().strip()).hasLineCount(1).contains(said);
    }
}

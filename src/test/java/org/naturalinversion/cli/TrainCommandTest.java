package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.app.Train;
import org.naturalinversion.app.TrainRequest;
import org.naturalinversion.app.TrainResult;
import org.naturalinversion.app.Watcher;
import org.naturalinversion.data.Augmentation;
import org.naturalinversion.data.ImageSet;
import org.naturalinversion.data.Picture;
import org.naturalinversion.data.Png;
import org.naturalinversion.data.SyntheticSet;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.model.io.KilledAt;
import org.naturalinversion.model.io.Safetensors;
import org.naturalinversion.tensor.HostTensor;
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
        for (String flag : List.of("--data=" + data, "--epochs=2", "--batch=10", "--seed=4")) {
            flags.put(flag.replaceFirst("=.*", ""), flag);
        }
        for (String flag : more) {
            flags.put(flag.replaceFirst("=.*", ""), flag);
        }
        List<Object> arguments = new ArrayList<>(List.of("train"));
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

    /** Wherever it is killed, what comes out in the end is what comes out if nobody kills it. */
    @Test
    void isKilledBeforeAnyMoveAndGoesOnAsIfNothingHadHappened() throws IOException {
        Path through = folder.resolve("never killed");
        int moves;
        try (KilledAt never = new KilledAt(Integer.MAX_VALUE)) {
            assertThat(small(through).code()).isZero();
            moves = never.moves();
        }
        assertThat(moves).isGreaterThanOrEqualTo(1 + 2 * 4);
        for (int number = 1; number <= moves; number++) {
            Path killed = folder.resolve("killed at " + number);
            try (KilledAt move = new KilledAt(number)) {
                assertThatThrownBy(() -> small(killed)).isInstanceOf(KilledAt.Killed.class);
                assertThat(move.moves()).isEqualTo(number);
            }
            Cli again =
                    Files.exists(killed.resolve("training.json"))
                            ? Cli.run("train", "--out=" + killed, "--resume")
                            : small(killed);
            assertThat(again.code()).as(again.err()).isZero();
            assertSame(killed, through);
        }
    }

    private static Cli small(Path out) {
        return train(out, "--batch=30", "--arch=convnet-grey");
    }

    /** Two trainings are the same, but for the time that they took. */
    private static void assertSame(Path a, Path b) throws IOException {
        for (String file : List.of("best.safetensors", "last.safetensors", "state.safetensors")) {
            assertThat(a.resolve(file)).as(file).hasSameBinaryContentAs(b.resolve(file));
        }
        assertThat(outcomes(a)).isEqualTo(outcomes(b));
    }

    private static List<String> outcomes(Path training) throws IOException {
        return Files.readAllLines(training.resolve("epochs.csv")).stream()
                .map(row -> row.substring(0, row.lastIndexOf(',')))
                .toList();
    }

    @Test
    void writesAgainWhatFollowsFromTheState() throws IOException {
        Path out = folder.resolve("changed");
        Path whole = folder.resolve("unchanged");
        assertThat(small(out).code()).isZero();
        assertThat(small(whole).code()).isZero();
        Files.writeString(out.resolve("best.safetensors"), "x");
        Files.delete(out.resolve("last.safetensors"));
        Files.delete(out.resolve("epochs.png"));
        String table = Files.readString(out.resolve("epochs.csv"));
        Files.writeString(out.resolve("epochs.csv"), table.substring(0, table.length() / 2));

        Cli resumed = Cli.run("train", "--out=" + out, "--resume");

        assertThat(resumed.code()).as(resumed.err()).isZero();
        assertThat(resumed.err())
                .contains("rewriting best.safetensors from", "rewriting last.safetensors from");
        assertThat(out.resolve("epochs.png")).exists();
        assertSame(out, whole);

        Files.delete(out.resolve("epochs.csv"));
        assertThat(Cli.run("train", "--out=" + out, "--resume").code()).isZero();
        assertSame(out, whole);
    }

    @Test
    void refusesAStateThatIsNotAsItWasWritten() throws IOException {
        Path out = folder.resolve("flipped");
        assertThat(small(out).code()).isZero();
        Path state = out.resolve("state.safetensors");
        byte[] bytes = Files.readAllBytes(state);
        for (int at : new int[] {12, 400, bytes.length / 2, bytes.length - 1}) {
            byte[] flipped = bytes.clone();
            flipped[at] ^= 1;
            Files.write(state, flipped);
            Cli resumed = Cli.run("train", "--out=" + out, "--resume");
            assertThat(resumed.code())
                    .as("byte %d: %s", at, resumed.err())
                    .isEqualTo(ExitCode.BAD_FILE);
            assertThat(resumed.err()).contains("ni: " + state).doesNotContain("Exception");
        }
        Files.write(state, bytes);

        Path record = out.resolve("training.json");
        String json = Files.readString(record);
        Files.writeString(record, json.replace("\"seed\" : 4", "\"seed\" : 5"));
        Cli changed = Cli.run("train", "--out=" + out, "--resume");
        assertThat(changed.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(changed.err())
                .contains("its settings were changed after the training was started");
        Files.writeString(record, json.replace("\"momentum\" : 0.9", "\"momentum\" : 0.90e0"));
        assertThat(Cli.run("train", "--out=" + out, "--resume").code()).isZero();

        Files.delete(state);
        Cli without = Cli.run("train", "--out=" + out, "--resume");
        assertThat(without.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(without.err()).contains("state.safetensors: is missing");
    }

    /** Older versions wrote nothing but tensors into the state, and epochs into the table. */
    @Test
    void goesOnWithTrainingsOfOlderVersions() throws IOException {
        Path out = folder.resolve("older");
        Path through = folder.resolve("newer");
        assertThat(small(through).code()).isZero();
        try (KilledAt second = new KilledAt(7)) {
            assertThatThrownBy(() -> small(out)).isInstanceOf(KilledAt.Killed.class);
            assertThat(second.moves()).isEqualTo(7);
        }
        Path state = out.resolve("state.safetensors");
        Map<String, HostTensor> tensors = new TreeMap<>(Safetensors.read(state).tensors());
        tensors.keySet().removeIf(name -> name.startsWith("best/"));
        Safetensors.write(state, Map.of(), tensors);

        Cli resumed = Cli.run("train", "--out=" + out, "--resume");
        assertThat(resumed.code()).as(resumed.err()).isZero();
        assertSame(out, through);

        // Killed between state and table, older versions went on wrongly.
        Safetensors.write(state, Map.of(), tensors);
        Cli wrong = Cli.run("train", "--out=" + out, "--resume");
        assertThat(wrong.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(wrong.err()).contains("is at step 2, expected step 4");
    }

    @Test
    void saysWhoNamesImagesThatAreGone() throws IOException {
        Path moved = folder.resolve("moved data");
        Path out = folder.resolve("of moved data");
        Files.createDirectory(moved);
        write(moved, "train", new SyntheticSet(60, SIZE, 3, 5));
        write(moved, "t10k", new SyntheticSet(30, SIZE, 3, 500));
        assertThat(train(out, "--data=" + moved, "--epochs=1").code()).isZero();
        Path now = Files.move(moved, folder.resolve("moved"));

        Cli gone = Cli.run("train", "--out=" + out, "--resume");
        assertThat(gone.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(gone.err())
                .contains(out.resolve("training.json") + "); use --data for its new place");
        assertThat(Cli.run("train", "--out=" + out, "--resume", "--data=" + now).code()).isZero();
        assertUsage(
                Cli.run("train", "--out=" + folder.resolve("typo"), "--resume"),
                "there is no training in " + folder.resolve("typo"));
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
        assertUsage(
                train(folder.resolve("a"), "--mean=0.5"),
                "--mean and --std must be given together");
        assertUsage(train(folder.resolve("a"), "--normalize=cifar10"), "for 3 channels");
        assertUsage(
                train(folder.resolve("a"), "--schedule=step", "--milestones=2"),
                "milestones must be epochs from 1 to 1");
        assertUsage(train(data), "contains files, but no training");
        assertUsage(
                Cli.run("train", "--data=" + data.resolve("train-images-idx3-ubyte")),
                "has no test part; use --test");
        Cli missing = Cli.run("train", "--data=" + folder.resolve("nowhere"));
        assertThat(missing.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(folder.resolve("a")).doesNotExist();
    }

    /** By name, whatever the order: a class without test images does not move the others. */
    @Test
    void refusesTestImagesOfUnknownClasses() throws IOException {
        Path train = pictures("pictures", "a", "b", "c");
        Path tests = pictures("tests", "b", "d");

        Cli refused = train(folder.resolve("refused"), "--data=" + train, "--test=" + tests);

        assertThat(refused.code()).isEqualTo(3);
        assertThat(refused.err())
                .contains("ni: " + tests + ": has a class 'd', which is not one of a, b, c");
    }

    private static Path pictures(String name, String... classes) throws IOException {
        Path parent = folder.resolve(name);
        for (String each : classes) {
            Files.createDirectories(parent.resolve(each));
            for (int i = 0; i < 10; i++) {
                Picture picture = Picture.blank(SIZE.height(), SIZE.width(), 1, 20 * i);
                Files.write(
                        parent.resolve(each).resolve(i + ".png"), Png.encode(picture, Map.of()));
            }
        }
        return parent;
    }

    private static void assertUsage(Cli cli, String said) {
        assertThat(cli.code()).as(cli.err()).isEqualTo(ExitCode.USAGE);
        assertThat(cli.err().strip()).hasLineCount(1).contains(said);
    }
}

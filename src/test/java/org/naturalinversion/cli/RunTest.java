package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.data.Claim;
import org.naturalinversion.data.Picture;
import org.naturalinversion.data.Png;
import org.naturalinversion.data.Sha256;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.model.io.KilledAt;
import org.naturalinversion.model.io.Safetensors;
import org.naturalinversion.model.zoo.ResNetCifar;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Whole runs on the processor, as small as they can be. */
class RunTest {
    @TempDir static Path folder;
    private static Path teacher;

    /** A teacher that has learnt nothing, but whose BatchNorm layers have statistics. */
    @BeforeAll
    static void makeTeacher() {
        Random random = new Random(1);
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        ClassifierReader.expected(new ResNetCifar(20, 10, new ImageSize(32, 32, 3)))
                .forEach((name, shape) -> weights.put(name, weight(name, shape, random)));
        teacher = folder.resolve("teacher.safetensors");
        Safetensors.write(teacher, Map.of(), weights);
    }

    private static HostTensor weight(String name, Shape shape, Random random) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        double fanIn = Math.max(1, (double) shape.elements() / shape.get(0));
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    (float)
                            (shape.rank() > 1
                                    ? random.nextGaussian() * Math.sqrt(2 / fanIn)
                                    : name.endsWith("var") || name.endsWith("weight")
                                            ? 0.5 + random.nextDouble()
                                            : 0.1 * random.nextGaussian());
        }
        return HostTensor.of(shape, values);
    }

    @Test
    void isRepeatedByItsManifestAndCompletedWhereItIsDamaged() throws IOException {
        Path first = folder.resolve("first");
        Cli made =
                Cli.run(
                        "synthesize",
                        "--teacher=" + teacher,
                        "--arch=resnet20-cifar",
                        "--mean=0.5",
                        "--std=0.25",
                        "--verifier=" + teacher,
                        "--verifier-normalize=imagenet",
                        "--classes=1,4",
                        "--images=5",
                        "--batch=2",
                        "--iterations=3",
                        "--latent=4",
                        "--generator-width=4",
                        "--seed=-9",
                        "--format=png,raw",
                        "--backend=cpu",
                        "--out=" + first,
                        "--json");

        assertThat(made.err()).doesNotContain("ni:");
        assertThat(made.code()).isZero();
        JsonNode json = new ObjectMapper().readTree(made.out());
        assertThat(json.path("images").intValue()).isEqualTo(5);
        assertThat(json.path("batches").intValue()).isEqualTo(3);
        assertThat(json.path("best_loss")).hasSize(3);
        assertThat(json.path("bn_loss").doubleValue()).isPositive();
        assertThat(json.path("teacher_accuracy").doubleValue()).isBetween(0.0, 1.0);
        assertThat(json.path("verifier_accuracy").isDouble()).isTrue();
        assertThat(json.path("backend").textValue()).isEqualTo("cpu");
        Map<String, String> files = files(first);
        assertThat(files)
                .hasSize(5 + 2 * 3 + 3)
                .containsKeys(
                        "images/1/0000-000.png",
                        "images/4/0001-001.png",
                        "batches/0002.safetensors",
                        "grid.png",
                        "losses.csv",
                        "losses.png");

        Path second = folder.resolve("second");
        Cli repeated =
                Cli.run("synthesize", "--config", first.resolve("manifest.json"), "--out", second);
        assertThat(repeated.code()).isZero();
        assertThat(repeated.out()).contains("5 images in " + second);
        assertThat(files(second)).isEqualTo(files);

        Files.delete(second.resolve("batches/0001.safetensors"));
        Cli differently = Cli.run("synthesize", "--out", second, "--resume", "--seed=1");
        assertThat(differently.code()).isEqualTo(ExitCode.USAGE);
        assertThat(differently.err()).contains("contains another run: seed is -9, not 1");
        assertThat(Cli.run("synthesize", "--out", second, "--resume").code()).isZero();
        assertThat(files(second)).isEqualTo(files);
    }

    /** Where batches share the threads, each is as one that is made on its part of them alone. */
    @Test
    void makesTheSameBatchesAtOnceAsOneAfterTheOther() throws IOException {
        String[] small = {
            "synthesize",
            "--teacher=" + teacher,
            "--normalize=none",
            "--images=40",
            "--iterations=2",
            "--latent=4",
            "--generator-width=4",
            "--backend=cpu",
        };
        Path alone = folder.resolve("alone");
        Path together = folder.resolve("together");
        Cli one = Cli.run(with(small, "--batch=16", "--threads=1", "--out=" + alone));
        Cli three =
                Cli.run(
                        with(
                                small,
                                "--batch=auto",
                                "--threads=3",
                                "--concurrent=3",
                                "--out=" + together));

        assertThat(one.code()).isZero();
        assertThat(three.code()).isZero();
        assertThat(three.err())
                .containsPattern("batch 16: no more images are needed; [\\d,.]+ MB of [\\d,.]+ MB");
        assertThat(files(together)).hasSize(40 + 3 + 3).isEqualTo(files(alone));
        JsonNode manifest = new ObjectMapper().readTree(together.resolve("manifest.json").toFile());
        assertThat(manifest.path("settings").path("batch").intValue()).isEqualTo(16);
        assertThat(manifest.path("settings").path("images").intValue()).isEqualTo(40);
        assertThat(manifest.path("batches").findValuesAsText("index"))
                .containsExactly("0", "1", "2");

        // One after the other a batch of all would fit: what was chosen stays.
        Files.delete(together.resolve("images/3/0000-003.png"));
        Cli again =
                Cli.run(
                        with(
                                small,
                                "--batch=auto",
                                "--threads=1",
                                "--concurrent=1",
                                "--resume",
                                "--out=" + together));
        assertThat(again.code()).isZero();
        assertThat(files(together)).isEqualTo(files(alone));
    }

    /** Wherever it is killed, what is there in the end is what is there if nobody kills it. */
    @Test
    void isKilledBeforeAnyMoveAndGoesOnAsIfNothingHadHappened() throws IOException {
        Path through = folder.resolve("never killed");
        int moves;
        try (KilledAt never = new KilledAt(Integer.MAX_VALUE)) {
            assertThat(Cli.run(with(SMALL, "--out=" + through)).code()).isZero();
            moves = never.moves();
        }
        assertThat(moves).isGreaterThanOrEqualTo(1 + 2 * 4 + 3);
        for (int number = 1; number <= moves; number++) {
            Path killed = folder.resolve("killed at " + number);
            try (KilledAt move = new KilledAt(number)) {
                assertThatThrownBy(() -> Cli.run(with(SMALL, "--out=" + killed)))
                        .isInstanceOf(KilledAt.Killed.class);
                assertThat(move.moves()).isEqualTo(number);
            }
            Cli again =
                    Files.exists(killed.resolve("manifest.json"))
                            ? Cli.run("synthesize", "--out=" + killed, "--resume")
                            : Cli.run(with(SMALL, "--out=" + killed));
            assertThat(again.code()).as(again.err()).isZero();
            assertThat(files(killed)).as("killed at %d", number).isEqualTo(files(through));
        }
    }

    private static final String[] SMALL = {
        "synthesize",
        "--normalize=none",
        "--images=3",
        "--batch=2",
        "--iterations=2",
        "--latent=4",
        "--generator-width=4",
        "--backend=cpu",
    };

    @Test
    void whatFollowsFromBatchesMakesNoneAgain() throws IOException {
        Path out = folder.resolve("drawn again");
        assertThat(Cli.run(with(SMALL, "--out=" + out)).code()).isZero();
        Map<String, String> whole = files(out);
        Files.delete(out.resolve("grid.png"));
        Files.writeString(out.resolve("losses.csv"), "batch;iteration\r\n");
        Files.delete(out.resolve("losses.png"));

        Cli resumed = Cli.run("synthesize", "--out=" + out, "--resume");

        assertThat(resumed.code()).as(resumed.err()).isZero();
        assertThat(resumed.out()).contains("the run was already complete");
        assertThat(resumed.err()).doesNotContain("is made again");
        assertThat(files(out)).isEqualTo(whole);
        JsonNode json = json(Cli.run("synthesize", "--out=" + out, "--resume", "--json"));
        assertThat(json.path("iterations_per_second").isNull()).isTrue();
    }

    @Test
    void aFolderIsOneProgramsAtATime() {
        Path out = folder.resolve("claimed");
        try (Claim claim = Claim.of(out, line -> {})) {
            for (Cli other :
                    List.of(
                            Cli.run(with(SMALL, "--out=" + claim.folder())),
                            Cli.run("train", "--data=" + folder, "--out=" + claim.folder()))) {
                assertThat(other.code()).isEqualTo(ExitCode.USAGE);
                assertThat(other.err()).hasLineCount(1).contains(out + " is in use by");
            }
        }
        assertThat(Cli.run(with(SMALL, "--out=" + out)).code()).isZero();
        try (Claim claim = Claim.of(out, line -> {})) {
            Cli other = Cli.run("synthesize", "--out=" + claim.folder(), "--resume");
            assertThat(other.code()).isEqualTo(ExitCode.USAGE);
            assertThat(other.err()).hasLineCount(1).contains(out + " is in use by");
        }
    }

    @Test
    void resumesOnlyWhatIsThereAndWhole() throws IOException {
        Path typo = folder.resolve("typo");
        Cli none = Cli.run("synthesize", "--out=" + typo, "--resume");
        assertThat(none.code()).isEqualTo(ExitCode.USAGE);
        assertThat(none.err()).hasLineCount(1).contains("there is no run in " + typo);
        assertThat(typo).doesNotExist();

        Path out = folder.resolve("edited");
        assertThat(Cli.run(with(SMALL, "--out=" + out)).code()).isZero();
        Path manifest = out.resolve("manifest.json");
        String whole = Files.readString(manifest);
        for (String damage : List.of("\"seed\" : 0|\"seed\" : 1", "\"index\" : 1|\"index\" : 0")) {
            String[] fromTo = damage.split("\\|", -1);
            assertThat(whole).contains(fromTo[0]);
            Files.writeString(manifest, whole.replace(fromTo[0], fromTo[1]));
            Cli refused = Cli.run("synthesize", "--out=" + out, "--resume");
            assertThat(refused.code()).as(refused.err()).isEqualTo(ExitCode.BAD_FILE);
            assertThat(refused.err()).hasLineCount(1).contains(manifest + ": ");
        }
    }

    /** Of a pipe that nobody writes to, no end comes. */
    @Test
    @Timeout(60)
    void resumesNoManifestThatIsAPipe() throws Exception {
        for (String words : List.of("synthesize|manifest.json", "train|training.json")) {
            String command = words.substring(0, words.indexOf('|'));
            Path out = Files.createDirectory(folder.resolve(command));
            Path pipe = out.resolve(words.substring(words.indexOf('|') + 1));
            assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
            Cli refused = Cli.run(command, "--out=" + out, "--resume");
            assertThat(refused.code()).as(refused.err()).isIn(ExitCode.USAGE, ExitCode.BAD_FILE);
            assertThat(refused.err()).hasLineCount(1);
        }
    }

    @Test
    void findsTheTeacherThatTheRunNames() throws IOException {
        Path home = Files.createDirectories(folder.resolve("home"));
        Path mine = Files.copy(teacher, home.resolve("mine.safetensors"));
        Path out = home.resolve("run");
        assertThat(Cli.run(with(SMALL, "--out=" + out, "--teacher=" + mine)).code()).isZero();
        Path moved = Files.move(home, folder.resolve("moved")).resolve("run");

        Cli found = Cli.run("synthesize", "--out=" + moved, "--resume");
        assertThat(found.code()).as(found.err()).isZero();
        assertThat(found.err())
                .contains("using " + moved.resolveSibling("mine.safetensors") + ", the same file");

        Files.delete(moved.resolveSibling("mine.safetensors"));
        Cli gone = Cli.run("synthesize", "--out=" + moved, "--resume");
        assertThat(gone.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(gone.err()).contains("manifest.json); use --teacher for its new place");
        Cli said = Cli.run("synthesize", "--out=" + moved, "--resume", "--teacher=" + teacher);
        assertThat(said.code()).as(said.err()).isZero();
    }

    private static Object[] with(String[] words, String... more) {
        return Stream.concat(Stream.of(words), Stream.of(more)).toArray();
    }

    @Test
    void evaluatesItsImagesAsTheTeacherSawThem() throws IOException {
        Path run = folder.resolve("evaluated");
        JsonNode made =
                json(
                        Cli.run(
                                "synthesize",
                                "--teacher=" + teacher,
                                "--normalize=none",
                                "--images=13",
                                "--batch=7",
                                "--iterations=3",
                                "--latent=4",
                                "--generator-width=4",
                                "--backend=cpu",
                                "--out=" + run,
                                "--json"));

        JsonNode evaluated = json(evaluate(run, "--batch=4"));

        assertThat(evaluated.path("images").intValue()).isEqualTo(13);
        assertThat(evaluated.path("accuracy").doubleValue())
                .isEqualTo(made.path("teacher_accuracy_png").doubleValue());
        assertThat(evaluated.path("cross_entropy").doubleValue()).isPositive();
        assertThat(evaluated.path("bn_distance").doubleValue()).isPositive();
        assertThat(evaluated.path("bn_images").intValue()).isEqualTo(4);
        int images = 0;
        for (JsonNode each : evaluated.path("per_class")) {
            assertThat(each.path("name").textValue()).isEqualTo(each.path("label").asText());
            images += each.path("images").intValue();
        }
        assertThat(images).isEqualTo(13);

        JsonNode folders = json(evaluate(run.resolve("images")));
        assertThat(folders.path("accuracy")).isEqualTo(evaluated.path("accuracy"));
        assertThat(folders.path("per_class")).isEqualTo(evaluated.path("per_class"));
        assertThat(json(evaluate(run, "--limit=5")).path("images").intValue()).isEqualTo(5);
        Cli table =
                Cli.run("evaluate", "--teacher=" + teacher, "--normalize=none", "--data=" + run);
        assertThat(table.out()).contains("13 images of " + run, "accuracy", "BN distance");
    }

    @Test
    void refusesImagesThatTheTeacherCannotKnow() throws IOException {
        Path images = Files.createDirectory(folder.resolve("eleven"));
        Picture grey = Picture.blank(40, 30, 1, 77);
        for (int label = 0; label < 11; label++) {
            Path classFolder = Files.createDirectory(images.resolve("class " + label));
            Files.write(classFolder.resolve("a.png"), Png.encode(grey, Map.of()));
        }

        Cli eleven = evaluate(images);
        assertThat(eleven.code()).isEqualTo(ExitCode.USAGE);
        assertThat(eleven.err()).contains("have 11 classes, the classifier has 10");

        Files.delete(images.resolve("class 10/a.png"));
        Files.delete(images.resolve("class 10"));
        Cli ten = evaluate(images);
        assertThat(ten.err()).contains("from 1 x 40 x 30 to the classifier's 3 x 32 x 32");
        assertThat(json(ten).path("accuracy").doubleValue()).isEqualTo(0.1);

        Files.writeString(images.resolve("class 3/b.png"), "no picture");
        Cli damaged = evaluate(images);
        assertThat(damaged.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(damaged.err()).contains("b.png: is neither PNG nor JPEG");

        Cli none = evaluate(folder.resolve("nil"));
        assertThat(none.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(none.err()).contains("nil: no such file or folder");
    }

    private static Cli evaluate(Path data, String... more) {
        List<Object> words =
                new ArrayList<>(
                        List.of(
                                "evaluate",
                                "--teacher=" + teacher,
                                "--normalize=none",
                                "--backend=cpu",
                                "--json",
                                "--data=" + data));
        words.addAll(List.of(more));
        return Cli.run(words.toArray());
    }

    private static JsonNode json(Cli result) throws IOException {
        assertThat(result.err()).doesNotContain("ni:");
        return new ObjectMapper().readTree(result.out());
    }

    @Test
    void refusesWhatTheTeacherCannotDo() {
        Path out = folder.resolve("refused");
        Cli classes =
                Cli.run(
                        "synthesize",
                        "--teacher=" + teacher,
                        "--arch=resnet20-cifar",
                        "--classes=3,10",
                        "--out=" + out);
        assertThat(classes.code()).isEqualTo(ExitCode.USAGE);
        assertThat(classes.err())
                .contains("there is no class 10; the teacher's classes are 0 to 9");

        Cli backend =
                Cli.run(
                        "synthesize",
                        "--teacher=" + teacher,
                        "--arch=resnet20-cifar",
                        "--backend=abacus",
                        "--out=" + out);
        assertThat(backend.code()).isEqualTo(ExitCode.NO_BACKEND);
        assertThat(backend.err()).contains("there is no backend 'abacus'; choose one of auto");
        assertThat(out).doesNotExist();
    }

    /** The SHA-256 of every file but the manifest, which says how long it took. */
    private static Map<String, String> files(Path run) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(run)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(run.relativize(file).toString(), Sha256.of(file));
            }
        }
        files.remove("manifest.json");
        return files;
    }

    @Test
    void inspectListsAllThatDoesNotFit() throws IOException {
        Cli people = Cli.run("inspect", teacher, "--arch=resnet32-cifar");
        Cli json = Cli.run("inspect", teacher, "--arch=resnet32-cifar", "--json");

        assertThat(people.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(people.err())
                .hasLineCount(1)
                .contains("does not fit resnet32-cifar, but fits resnet20-cifar", " more");
        assertThat(people.out().lines()).first().isEqualTo("resnet32-cifar: 97 of 157 tensors fit");
        assertThat(people.out().lines().skip(1))
                .hasSize(60)
                .contains("  missing      layer3.4.bn2.running_var [64]");
        assertThat(json.code()).isEqualTo(ExitCode.BAD_FILE);
        JsonNode result = new ObjectMapper().readTree(json.out());
        assertThat(result.get("matching").asInt()).isEqualTo(97);
        assertThat(result.get("misfits")).hasSize(60);
    }
}

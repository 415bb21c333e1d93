package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.method.Batch;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.AtomicFiles.Content;
import org.naturalinversion.model.io.Safetensors;
import org.naturalinversion.model.io.Weights;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

class RunDirectoryTest {
    private static final BatchFiles FILES =
            new BatchFiles(
                    Set.of(Format.PNG, Format.RAW),
                    false,
                    Normalization.Preset.IMAGENET.of(3),
                    10,
                    Map.of("Software", "test 1", "Seed", "4"));

    @TempDir Path folder;
    private final List<String> notes = new ArrayList<>();

    @Test
    void saysWhatIsThere() throws IOException {
        RunDirectory run = open(manifest());
        add(run, 1);
        add(run, 0);
        assertThat(json().path("finished").booleanValue()).isFalse();
        run.finish();

        JsonNode json = json();
        assertThat(json.path("finished").booleanValue()).isTrue();
        assertThat(json.path("about").textValue()).contains("Synthetic", "not photographs");
        assertThat(json.path("teacher").path("sha256").textValue()).isEqualTo("abc");
        assertThat(json.path("settings").path("seed").intValue()).isEqualTo(4);
        JsonNode batch = json.path("batches").path(0);
        assertThat(batch.path("index").intValue()).isZero();
        assertThat(batch.path("best_iteration").intValue()).isEqualTo(3);
        assertThat(batch.path("losses").path("total").floatValue())
                .isEqualTo(Samples.history(0, 3).get(2).total());
        assertThat(batch.path("correct").path("teacher").intValue()).isEqualTo(1);
        for (Map.Entry<String, JsonNode> file : batch.path("files").properties()) {
            assertThat(Sha256.of(folder.resolve(file.getKey())))
                    .isEqualTo(file.getValue().textValue());
        }
        assertThat(files())
                .containsExactlyInAnyOrder(
                        "manifest.json",
                        "losses.csv",
                        "grid.png",
                        "batches/0000.safetensors",
                        "batches/0001.safetensors",
                        "images/3/0000-000.png",
                        "images/7/0000-001.png",
                        "images/3/0001-000.png",
                        "images/7/0001-001.png");
        assertThat(folder.resolve("losses.csv")).content().hasLineCount(1 + 2 * 3);
    }

    @Test
    void keepsTheExactBatchForOtherPrograms() {
        RunDirectory run = open(manifest());
        add(run, 0);
        Batch batch = batch(0);

        Weights raw = Safetensors.read(folder.resolve("batches/0000.safetensors"));

        assertThat(raw.tensors()).containsOnlyKeys("images", "labels", "logits");
        HostTensor images = raw.tensors().get("images");
        assertThat(images.shape()).isEqualTo(Shape.of(2, 3, 4, 4));
        // Image 1, channel 2, row 3, column 0.
        assertThat(images.toFloats()[((1 * 3 + 2) * 4 + 3) * 4])
                .isEqualTo(batch.images().toFloats()[((1 * 4 + 3) * 4) * 3 + 2]);
        assertThat(raw.tensors().get("labels").toFloats()).containsExactly(3, 7);
        assertThat(raw.metadata())
                .containsEntry("software", "test 1")
                .containsEntry("mean", "[0.485, 0.456, 0.406]")
                .containsKey("description");
    }

    @Test
    void staysAsItWasIfABatchCannotBeWritten() throws IOException {
        RunDirectory run = open(manifest());
        add(run, 0);
        Map<String, byte[]> before = contents();
        Map<String, Content> files = new LinkedHashMap<>(FILES.of(batch(1), logits()));
        files.put(
                "batches/full",
                channel -> {
                    throw new IOException("No space left on device");
                });

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> run.add(record(1), files, batch(1).history()))
                .withMessage(
                        folder.resolve("batches/full")
                                + ": cannot be written: No space left on device");

        assertThat(contents()).containsExactlyInAnyOrderEntriesOf(before);
        assertThat(run.has(1)).isFalse();
        add(run, 1);
        assertThat(run.has(1)).isTrue();
    }

    @Test
    void isResumedWithTheBatchesThatAreWhole() throws IOException {
        RunDirectory run = open(manifest());
        for (int i = 0; i < 4; i++) {
            add(run, i);
        }
        run.finish();
        Files.writeString(folder.resolve("images/7/0001-001.png"), "scribble");
        Files.delete(folder.resolve("batches/0002.safetensors"));
        Files.writeString(folder.resolve(".grid.png.0123456789abcdef"), "a draft");

        RunDirectory again = open(RunDirectory.manifest(folder).orElseThrow());

        assertThat(Stream.of(0, 1, 2, 3).filter(again::has)).containsExactly(0, 3);
        assertThat(notes)
                .containsExactly(
                        "batch 1 is made again: images/7/0001-001.png has been changed",
                        "batch 2 is made again: batches/0002.safetensors cannot be read");
        assertThat(json().path("finished").booleanValue()).isFalse();
        assertThat(files()).doesNotContain(".grid.png.0123456789abcdef");
        add(again, 1);
        add(again, 2);
        again.finish();
        assertThat(LossTable.read(folder.resolve("losses.csv"))).containsOnlyKeys(0, 1, 2, 3);
        assertThat(json().path("batches").findValuesAsText("index"))
                .containsExactly("0", "1", "2", "3");
    }

    @Test
    void drawsLossesOnlyIfThereAreSome() throws IOException {
        RunDirectory run = open(manifest());
        run.drawLosses(notes::add);
        assertThat(files()).containsExactly("manifest.json");
        add(run, 0);
        run.drawLosses(notes::add);
        assertThat(files()).contains("losses.png");
        assertThat(notes).isEmpty();
    }

    @Test
    void refusesFoldersThatItCannotHave() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path run = folder.resolve("run");
        RunDirectory.open(run, manifest(), notes::add);

        assertThat(RunDirectory.refusal(empty, false)).isEmpty();
        assertThat(RunDirectory.refusal(folder.resolve("new/deep"), false)).isEmpty();
        assertThat(RunDirectory.refusal(file, false)).hasValue(file + " is a file, not a folder");
        assertThat(RunDirectory.refusal(file.resolve("x"), false))
                .hasValueSatisfying(why -> assertThat(why).contains(file + " is no folder"));
        assertThat(RunDirectory.refusal(folder, true))
                .hasValue(folder + " holds files, but no run");
        assertThat(RunDirectory.refusal(run, false))
                .hasValue(run + " holds a run already; --resume continues it");
        assertThat(RunDirectory.refusal(run, true)).isEmpty();
        assertThat(RunDirectory.refusal(empty, true)).isEmpty();
    }

    @Test
    void tellsRunsApart() {
        Manifest other =
                new Manifest(
                        "",
                        null,
                        true,
                        4,
                        new Manifest.Teacher("renamed", "def", "a", 10, ""),
                        new Manifest.Backend("cuda", "d", 0, Map.of()),
                        Map.of("seed", 4L, "tv-weight", 0.006, "batch", 3, "threads", 7),
                        List.of());

        assertThat(manifest().differencesFrom(other))
                .containsExactly(
                        "the teacher's SHA-256 is abc, not def",
                        "backend is cpu, not cuda",
                        "batch is 2, not 3",
                        "ftp is true, not not set");
        assertThat(manifest().differencesFrom(manifest())).isEmpty();
    }

    @Test
    void refusesAManifestThatIsNone() throws IOException {
        Files.writeString(folder.resolve("manifest.json"), "{\"settings\": ");
        assertThatExceptionOfType(DataFileException.class)
                .isThrownBy(() -> RunDirectory.manifest(folder))
                .withMessageStartingWith(folder.resolve("manifest.json") + ": is no manifest");
    }

    private RunDirectory open(Manifest manifest) {
        return RunDirectory.open(folder, manifest, notes::add);
    }

    private static void add(RunDirectory run, int index) {
        run.add(record(index), FILES.of(batch(index), logits()), batch(index).history());
    }

    private static Batch batch(int index) {
        return Samples.batch(index, List.of(3, 7), 4, 3);
    }

    private static HostTensor logits() {
        return HostTensor.of(Shape.of(2, 10), new float[20]);
    }

    private static Manifest.BatchRecord record(int index) {
        return new Manifest.BatchRecord(
                index, 2, 1.5, 3, 3, batch(index).best(), Map.of("teacher", 1), Map.of());
    }

    private static Manifest manifest() {
        return new Manifest(
                BatchFiles.ABOUT,
                new Manifest.Software("test", "1"),
                false,
                4,
                new Manifest.Teacher("teacher.th", "abc", "resnet", 10, "3 x 4 x 4"),
                new Manifest.Backend("cpu", "some", 2, Map.of()),
                Map.of("seed", 4, "tv-weight", 6e-3, "batch", 2, "ftp", true, "threads", 2),
                List.of());
    }

    private JsonNode json() throws IOException {
        return new ObjectMapper().readTree(folder.resolve("manifest.json").toFile());
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .toList();
        }
    }

    private Map<String, byte[]> contents() throws IOException {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        for (String file : files()) {
            contents.put(file, Files.readAllBytes(folder.resolve(file)));
        }
        return contents;
    }
}

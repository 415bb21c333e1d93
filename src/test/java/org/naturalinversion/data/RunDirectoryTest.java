package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
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
                        "grid.png",
                        "batches/0000.csv",
                        "batches/0000.safetensors",
                        "batches/0001.csv",
                        "batches/0001.safetensors",
                        "images/3/0000-000.png",
                        "images/7/0000-001.png",
                        "images/3/0001-000.png",
                        "images/7/0001-001.png");
        assertThat(folder.resolve("batches/0001.csv")).content().hasLineCount(1 + 3);
        run.draw(FILES.grid(), notes::add);
        assertThat(folder.resolve("losses.csv")).content().hasLineCount(1 + 2 * 3);
        assertThat(files()).contains("losses.png");
        assertThat(notes).isEmpty();
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
                .isThrownBy(() -> run.add(record(1), files, null))
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
                        "batch 2 is made again: batches/0002.safetensors is missing");
        assertThat(json().path("finished").booleanValue()).isFalse();
        assertThat(files()).doesNotContain(".grid.png.0123456789abcdef");
        add(again, 1);
        add(again, 2);
        again.finish();
        again.draw(FILES.grid(), notes::add);
        assertThat(LossTable.read(folder.resolve("losses.csv"))).containsOnlyKeys(0, 1, 2, 3);
        assertThat(json().path("batches").findValuesAsText("index"))
                .containsExactly("0", "1", "2", "3");
    }

    /** Runs may be inside of runs, and drafts in them those of another program. */
    @Test
    void sweepsItsOwnFoldersOnly() throws IOException {
        String draft = ".a.0123456789abcdef";
        for (String name : List.of("", "images/7", "batches", "another", "another/images/7")) {
            Files.createDirectories(folder.resolve(name));
            Files.writeString(folder.resolve(name).resolve(draft), "a draft");
        }
        open(manifest());
        assertThat(files())
                .containsExactlyInAnyOrder(
                        "manifest.json", "another/" + draft, "another/images/7/" + draft);
    }

    @Test
    void drawsLossesOnlyIfThereAreSome() throws IOException {
        RunDirectory run = open(manifest());
        run.draw(FILES.grid(), notes::add);
        assertThat(files()).containsExactly("manifest.json");
    }

    /** No batch is made again for what follows from batches. */
    @Test
    void drawsAgainWhatFollowsFromBatches() throws IOException {
        for (BatchFiles format :
                List.of(FILES, with(Set.of(Format.PNG), false), with(Set.of(Format.RAW), true))) {
            RunDirectory run = open(manifest());
            for (int i = 0; i < 4; i++) {
                add(run, i, format);
            }
            run.finish();
            run.draw(format.grid(), notes::add);
            Map<String, byte[]> before = contents();
            Files.write(folder.resolve("grid.png"), new byte[9]);
            Files.writeString(
                    folder.resolve("losses.csv"),
                    Files.readString(folder.resolve("losses.csv"))
                            .replace(",", "\";\"")
                            .replace("\n", "\r\n"));
            Files.delete(folder.resolve("losses.png"));

            RunDirectory again = open(RunDirectory.manifest(folder).orElseThrow());
            assertThat(again.manifest().batches()).hasSize(4);
            again.draw(format.grid(), notes::add);

            assertThat(contents()).containsExactlyInAnyOrderEntriesOf(before);
            assertThat(notes).isEmpty();
            Files.delete(folder.resolve("manifest.json"));
        }
    }

    /** Sums tell nothing of files whose sums somebody has made as well. */
    @Test
    void saysWhyAGridCannotBeDrawnFromExactImages() throws IOException {
        for (Map<String, HostTensor> tensors :
                List.of(
                        Map.<String, HostTensor>of(),
                        Map.of("images", logits(), "labels", HostTensor.of(Shape.of(2), 3L, 7L)),
                        Map.of(
                                "images",
                                HostTensor.of(Shape.of(1, 3, 1, 1), new float[3]),
                                "labels",
                                HostTensor.of(Shape.of(2), 3L, 7L)))) {
            notes.clear();
            RunDirectory run = open(manifest());
            Map<String, Content> files =
                    Map.of(BatchFiles.raw(0), Safetensors.content(Map.of(), tensors));
            run.add(record(0), files, null);
            run.draw(FILES.grid(), notes::add);
            assertThat(notes)
                    .singleElement(STRING)
                    .startsWith(
                            "grid.png cannot be drawn: "
                                    + folder.resolve(BatchFiles.raw(0))
                                    + ": has ")
                    .doesNotContain("Cannot invoke", "Index");
        }
    }

    /** What 8 bits have cut off is not to be had from them; a picture that is whole stays. */
    @Test
    void drawsAStretchedGridFromWhatThereIs() throws IOException {
        BatchFiles format = with(Set.of(Format.PNG), true);
        RunDirectory run = open(manifest());
        add(run, 0, format);
        byte[] exact = Files.readAllBytes(folder.resolve("grid.png"));
        run.draw(format.grid(), notes::add);
        assertThat(folder.resolve("grid.png")).hasBinaryContent(exact);

        Files.delete(folder.resolve("grid.png"));
        run.draw(format.grid(), notes::add);
        assertThat(PictureFile.read(folder.resolve("grid.png")).width())
                .isEqualTo(12 + 100 + 96 + 12);
    }

    /** As older versions left it: the grid is the first batch's, losses are in one table. */
    @Test
    void goesOnWithRunsOfOlderVersions() throws IOException {
        for (boolean damaged : List.of(false, true)) {
            RunDirectory run = open(manifest());
            add(run, 0);
            add(run, 1);
            run.draw(FILES.grid(), notes::add);
            String table = Files.readString(folder.resolve("losses.csv"));
            makeOlder();
            Files.delete(folder.resolve("grid.png"));
            if (damaged) {
                String cut = table.substring(0, table.strip().lastIndexOf('\n'));
                Files.writeString(folder.resolve("losses.csv"), cut);
            }

            RunDirectory again = open(RunDirectory.manifest(folder).orElseThrow());
            again.draw(FILES.grid(), notes::add);

            assertThat(Stream.of(0, 1).filter(again::has)).containsExactly(0, 1);
            assertThat(files()).contains("grid.png", "batches/0000.csv");
            if (damaged) {
                assertThat(notes)
                        .containsExactly(
                                "the losses of batch 1 are not in losses.csv; its images are kept");
            } else {
                assertThat(folder.resolve("losses.csv")).hasContent(table);
                assertThat(notes).isEmpty();
            }
            Files.delete(folder.resolve("manifest.json"));
        }
    }

    private void makeOlder() throws IOException {
        ObjectNode json = (ObjectNode) json();
        json.remove("settings_sha256");
        for (int i = 0; i < 2; i++) {
            ObjectNode files = (ObjectNode) json.path("batches").path(i).path("files");
            String losses = "batches/000%d.csv".formatted(i);
            files.remove(losses);
            Files.delete(folder.resolve(losses));
            if (i == 0) {
                files.put("grid.png", Sha256.of(folder.resolve("grid.png")));
            }
        }
        Files.writeString(folder.resolve("manifest.json"), json.toString());
    }

    @Test
    void aFinishedRunIsNotWrittenTo() throws IOException {
        RunDirectory run = open(manifest());
        for (int i = 0; i < 4; i++) {
            add(run, i);
        }
        run.finish();
        run.draw(FILES.grid(), notes::add);
        Map<String, Object> before = identities();

        RunDirectory again = open(RunDirectory.manifest(folder).orElseThrow());
        again.finish();
        again.draw(FILES.grid(), notes::add);

        assertThat(identities()).isEqualTo(before);
    }

    /** Files that are replaced are others. */
    private Map<String, Object> identities() throws IOException {
        Map<String, Object> keys = new LinkedHashMap<>();
        for (String file : files()) {
            keys.put(
                    file,
                    Files.readAttributes(folder.resolve(file), BasicFileAttributes.class)
                            .fileKey());
        }
        return keys;
    }

    @Test
    void refusesFoldersThatItCannotHave() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path run = folder.resolve("run");
        RunDirectory.open(run, manifest(), notes::add).begin();

        assertThat(RunDirectory.refusal(empty, false)).isEmpty();
        assertThat(RunDirectory.refusal(folder.resolve("new/deep"), false)).isEmpty();
        assertThat(RunDirectory.refusal(file, false)).hasValue(file + " is a file, not a folder");
        assertThat(RunDirectory.refusal(file.resolve("x"), false))
                .hasValueSatisfying(
                        why -> assertThat(why).contains(file + " is a file, not a folder"));
        Path nowhere = Files.createSymbolicLink(folder.resolve("dang"), Path.of("nowhere"));
        assertThat(RunDirectory.refusal(nowhere.resolve("x"), false))
                .hasValueSatisfying(
                        why -> assertThat(why).contains(nowhere + " is a broken link to nowhere"));
        Path deep = Files.createDirectories(folder.resolve("there/deep"));
        Path inTheWay = Files.writeString(folder.resolve("there/x"), "");
        Path link = Files.createSymbolicLink(folder.resolve("link"), deep);
        assertThat(RunDirectory.refusal(link.resolve("../x/y"), false))
                .hasValueSatisfying(why -> assertThat(why).contains("x is a file, not a folder"));
        assertThat(inTheWay).isEmptyFile();
        assertThat(RunDirectory.refusal(Path.of(""), false))
                .hasValue("--out is empty, expected a folder");
        assertThat(RunDirectory.refusal(folder, false))
                .hasValue(folder + " contains files, but no run");
        assertThat(RunDirectory.refusal(folder, true)).hasValue("there is no run in " + folder);
        assertThat(RunDirectory.refusal(folder.resolve("typo"), true))
                .hasValue("there is no run in " + folder.resolve("typo"));
        assertThat(RunDirectory.refusal(run, false))
                .hasValue(run + " already contains a run; --resume continues it");
        assertThat(RunDirectory.refusal(run, true)).isEmpty();
        assertThat(RunDirectory.refusal(empty, true)).hasValue("there is no run in " + empty);
    }

    /**
     * What systems leave there, and what a program that was killed before its first manifest left.
     */
    @Test
    void holdsNothingIfNobodyPutItThere() throws IOException {
        for (String name : List.of(".DS_Store", "Thumbs.db", "desktop.ini", ".ni.lock")) {
            Files.writeString(folder.resolve(name), "x");
        }
        Files.createDirectory(folder.resolve("lost+found"));
        Files.writeString(folder.resolve(".manifest.json.0123456789abcdef"), "half");
        assertThat(RunDirectory.refusal(folder, false)).isEmpty();
        Files.writeString(folder.resolve("thesis.doc"), "x");
        assertThat(RunDirectory.refusal(folder, false)).isPresent();
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
                        new Manifest.Verifier("second", "123"),
                        new Manifest.Backend("cuda", "d", 0, Map.of()),
                        Map.of(
                                "seed",
                                4L,
                                "tv-weight",
                                new BigDecimal("0.0060"),
                                "batch",
                                3.0,
                                "iterations",
                                3.0,
                                "images",
                                "8",
                                "threads",
                                7),
                        List.of());

        assertThat(manifest().differencesFrom(other))
                .containsExactly(
                        "the teacher's SHA-256 is abc, not def",
                        "the verifier's SHA-256 is not set, not 123",
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
                .withMessageStartingWith(
                        folder.resolve("manifest.json") + ": is not a valid manifest");
    }

    private RunDirectory open(Manifest manifest) {
        RunDirectory run = RunDirectory.open(folder, manifest, notes::add);
        run.begin();
        return run;
    }

    private static void add(RunDirectory run, int index) {
        add(run, index, FILES);
    }

    private static void add(RunDirectory run, int index, BatchFiles format) {
        byte[] grid = index == 0 ? format.grid().of(batch(index)).orElseThrow() : null;
        run.add(record(index), format.of(batch(index), logits()), grid);
    }

    private static BatchFiles with(Set<Format> formats, boolean stretched) {
        return new BatchFiles(formats, stretched, FILES.normalization(), 10, FILES.texts());
    }

    private static Batch batch(int index) {
        return Samples.batch(index, List.of(3, 7), 4, 3);
    }

    private static HostTensor logits() {
        return HostTensor.of(Shape.of(2, 10), new float[20]);
    }

    private static Manifest.BatchRecord record(int index) {
        return new Manifest.BatchRecord(
                index,
                2,
                1.5,
                3,
                3,
                batch(index).best(),
                Map.of("teacher", 1, "teacher_png", 0),
                Map.of());
    }

    private static Manifest manifest() {
        return new Manifest(
                BatchFiles.ABOUT,
                new Manifest.Software("test", "1"),
                false,
                8,
                new Manifest.Teacher("teacher.th", "abc", "resnet", 10, "3 x 4 x 4"),
                null,
                new Manifest.Backend("cpu", "some", 2, Map.of()),
                Map.of(
                        "seed",
                        4,
                        "tv-weight",
                        6e-3,
                        "images",
                        8,
                        "batch",
                        2,
                        "iterations",
                        3,
                        "ftp",
                        true,
                        "threads",
                        2),
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

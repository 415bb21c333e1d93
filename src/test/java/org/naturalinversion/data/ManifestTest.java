package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing of a manifest is believed unchecked. */
class ManifestTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PICTURE = "images/1/0000-000.png";

    @TempDir Path folder;

    @Test
    void isReadIfItIsWhole() throws IOException {
        Manifest manifest = read(Samples.manifest(PICTURE));
        assertThat(manifest.batches()).hasSize(1);
        assertThat(manifest.batches().get(0).correct()).containsEntry("teacher", 1);
    }

    /** Jackson takes four bytes of which one is not 0 for a character in UTF-32. */
    @Test
    void refusesWhatIsNoText() throws IOException {
        Path file = folder.resolve(RunDirectory.MANIFEST);
        for (byte[] bytes : new byte[][] {{0, -2, -1, -1, 0, 9, 9, 9}, {'{', '"', -1, -2}}) {
            Files.write(file, bytes);
            assertThatThrownBy(() -> Manifest.read(file))
                    .isInstanceOf(DataFileException.class)
                    .hasMessageContaining("is not a valid manifest: ")
                    .hasMessageNotContaining("Exception");
        }
    }

    /** Wherever a value stands, null may stand instead, or nothing at all. */
    @Test
    void refusesNullsEverywhere() throws IOException {
        JsonNode whole = JSON.readTree(Samples.manifest(PICTURE));
        List<String> pointers = new ArrayList<>();
        collect(whole, "", pointers);
        assertThat(pointers).hasSizeGreaterThan(30);
        for (String pointer : pointers) {
            JsonNode copy = whole.deepCopy();
            int slash = pointer.lastIndexOf('/');
            JsonNode parent = copy.at(pointer.substring(0, slash));
            String name = pointer.substring(slash + 1).replace("~1", "/");
            if (parent instanceof ArrayNode array) {
                array.setNull(Integer.parseInt(name));
            } else {
                ((ObjectNode) parent).putNull(name);
            }
            assertThatThrownBy(() -> read(copy.toString()))
                    .as(pointer)
                    .isInstanceOf(DataFileException.class)
                    .hasMessageContaining("is not a valid manifest: ")
                    .hasMessageEndingWith(" is null");
        }
    }

    private static void collect(JsonNode node, String at, List<String> pointers) {
        if (!at.isEmpty()) {
            pointers.add(at);
        }
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            collect(entry.getValue(), at + "/" + entry.getKey().replace("/", "~1"), pointers);
        }
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            collect(node.get(i), at + "/" + i, pointers);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"images\": 1, \"batch\" | \"images\": 9, \"batch\" | it has 1 images, its settings say 9",
                "\"batch\": 1 | \"batch\": 0 | its setting batch is 0",
                "\"batch\": 1, | | its setting batch is null",
                "\"index\": 0 | \"index\": 1 | batch 1 of 1 does not exist",
                "\"index\": 0 | \"index\": -1 | batch -1 of 1 does not exist",
                "\"index\": 0, \"images\": 1 | \"index\": 0, \"images\": 99999 | batch 0 has 99999 images",
                "\"best_iteration\": 1 | \"best_iteration\": 3 | the best iteration of batch 0 is 3 of 2",
                "\"iterations\": 2, \"seed\" | \"iterations\": 7, \"seed\" | batch 0 has 2 iterations",
                "\"teacher\": 1, | \"teacher\": 2, | of 1 images of batch 0, 2 are recognised",
                "\"teacher\": 1, | | batch 0 was judged by [teacher_png]",
                "\"classes\": 2 | \"classes\": 0 | its teacher has 0 classes",
                "\"finished\": false | \"finished\": false, \"finished\": true | Duplicate field",
                "\"software\" | \"hardware\" | or batches are incomplete",
                "\"teacher\": { | \"pupil\": { | or batches are incomplete",
                "\"name\": \"t\", | | or batches are incomplete",
                "\"sha256\": \"s\", | | or batches are incomplete",
                "\"backend\": { | \"frontend\": { | or batches are incomplete",
                "\"name\": \"cpu\", | | or batches are incomplete",
                "\"device\": \"d\", | | or batches are incomplete",
                "\"settings\": | \"wishes\": | or batches are incomplete",
                "\"batches\": [ | \"loaves\": [ | or batches are incomplete",
                "\"losses\": | \"gains\": | batch 0 has no losses",
                "\"correct\": | \"wrong\": | batch 0 has no losses",
                "\"files\": | \"piles\": | batch 0 has no losses",
                "\"images/1/0000-000.png\": \"abc\" | | batch 0 has no files of its images",
                "\"images/1/0000-000.png\" | \"batches/0000.csv\" | batch 0 has no files of its images",
                "\"images/1/0000-000.png\" | \"images/1/0001-000.png\" | images/1/0001-000.png is not a file of batch 0",
                "\"images/1/0000-000.png\" | \"images/1/0000-001.png\" | images/1/0000-001.png is not a file of batch 0",
                "\"images/1/0000-000.png\" | \"images/2/0000-000.png\" | is an image of class 2 of a classifier of 2 classes",
                "\"images/1/0000-000.png\" | \"images/1/a.png\" | images/1/a.png is not a file of batch 0",
                "\"images/1/0000-000.png\" | \"manifest.json\" | manifest.json is not a file of batch 0",
                "\"images/1/0000-000.png\" | \"batches/0001.safetensors\" | is not a file of batch 0",
                "\"images/1/0000-000.png\": | \"images/1/0000-000.png\": \"\", \"images/0/0000-000.png\": | images/0/0000-000.png is a second file of an image of batch 0",
                "\"seed\": 5 | \"seed\": 5, \"format\": [\"png\", \"raw\"] | batch 0 has no safetensors file",
                "\"seed\": 5 | \"seed\": 5, \"format\": \"raw\" | batch 0 has no safetensors file",
            })
    void refusesWhatContradictsItself(String whole, String damaged, String said) {
        String json = Samples.manifest(PICTURE);
        assertThat(json).contains(whole);
        assertThatThrownBy(() -> read(json.replace(whole, damaged == null ? "" : damaged)))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("manifest.json: is not a valid manifest: ")
                .hasMessageContaining(said);
    }

    @Test
    void refusesABatchTwice() throws IOException {
        ObjectNode json = (ObjectNode) JSON.readTree(Samples.manifest(PICTURE));
        ArrayNode batches = (ArrayNode) json.get("batches");
        batches.add(batches.get(0).deepCopy());
        assertThatThrownBy(() -> read(json.toString()))
                .hasMessageEndingWith("it has batch 0 twice");
    }

    /** A batch without files would be whole whatever is in the folder. */
    @Test
    void refusesBatchesThatHaveFewerImagesThanTheySay() throws IOException {
        String json = Samples.manifest(PICTURE).replace("\"images\": 1", "\"images\": 2");
        String two = json.replace("\"batch\": 1", "\"batch\": 2");
        assertThatThrownBy(() -> read(two))
                .hasMessageEndingWith("batch 0 has 1 pictures of 2 images");
        String raw = Samples.manifest("batches/0000.safetensors");
        assertThat(read(raw).batches()).hasSize(1);
        assertThatThrownBy(
                        () ->
                                read(
                                        raw.replace(
                                                "\"seed\": 5",
                                                "\"seed\": 5, \"format\": [\"png\"]")))
                .hasMessageEndingWith("batch 0 has no PNG files");
    }

    @Test
    void refusesTheFilesOfOneBatchForTwo() throws IOException {
        ObjectNode json = (ObjectNode) JSON.readTree(Samples.manifest(PICTURE));
        json.put("images", 2);
        ((ObjectNode) json.get("settings")).put("images", 2);
        ArrayNode batches = (ArrayNode) json.get("batches");
        batches.add(((ObjectNode) batches.get(0).deepCopy()).put("index", 1));
        assertThatThrownBy(() -> read(json.toString()))
                .hasMessageEndingWith(PICTURE + " is not a file of batch 1");
    }

    @Test
    void refusesAFinishedRunThatLacksABatch() throws IOException {
        ObjectNode json = (ObjectNode) JSON.readTree(Samples.manifest(PICTURE));
        json.put("images", 2);
        ((ObjectNode) json.get("settings")).put("images", 2);
        assertThat(read(json.toString()).batches()).hasSize(1);
        json.put("finished", true);
        assertThatThrownBy(() -> read(json.toString()))
                .hasMessageEndingWith("it is marked finished, but has 1 of 2 batches");
    }

    @ParameterizedTest
    @ValueSource(strings = {"images", "batches", "images/0"})
    @DisabledOnOs(OS.WINDOWS)
    void refusesFoldersThatAreLinks(String name, @TempDir Path elsewhere) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        Files.createSymbolicLink(folder.resolve(name), elsewhere);
        assertThatThrownBy(() -> read(Samples.manifest(PICTURE)))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining(folder.resolve(name) + ": is a link or a file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/dev/zero",
                "../images/1/0000-000.png",
                "images/../../x.png",
                "images//x.png",
                "./x.png",
                ".ni.lock",
                "images/.x.png",
                "images",
                ""
            })
    void refusesNamesOfFilesElsewhere(String name) {
        assertThatThrownBy(() -> read(Samples.manifest(name)))
                .isInstanceOf(DataFileException.class)
                .hasMessageEndingWith("of batch 0 is not the name of a file inside the run");
    }

    @Test
    @Timeout(20)
    @DisabledOnOs(OS.WINDOWS)
    void refusesWhatIsNoFileOrLeadsElsewhere() throws Exception {
        Path picture = folder.resolve(PICTURE);
        Files.createDirectories(picture);
        assertThatThrownBy(() -> read(Samples.manifest(PICTURE)))
                .hasMessageEndingWith(PICTURE + " is not a regular file");
        Files.delete(picture);
        Process mkfifo = new ProcessBuilder("mkfifo", picture.toString()).start();
        assertThat(mkfifo.waitFor()).isZero();
        assertThatThrownBy(() -> read(Samples.manifest(PICTURE)))
                .hasMessageEndingWith(PICTURE + " is not a regular file");
        Files.delete(picture);
        Path elsewhere = Path.of(System.getProperty("java.home"));
        Files.createSymbolicLink(picture, elsewhere.resolve("release"));
        assertThatThrownBy(() -> read(Samples.manifest(PICTURE)))
                .hasMessageEndingWith(PICTURE + " leads out of the run");
        Files.delete(picture);
        Path manifest = folder.resolve(RunDirectory.MANIFEST);
        Files.delete(manifest);
        Files.createDirectory(manifest);
        assertThatThrownBy(() -> RunDirectory.manifest(folder))
                .hasMessage(manifest + ": is not a regular file");
    }

    /** Another program may write numbers in its own way; it may not change them. */
    @Test
    void noticesChangedSettings() throws IOException {
        String written =
                new String(read(Samples.manifest(PICTURE)).encode(), StandardCharsets.UTF_8);
        assertThat(read(written).settings()).containsEntry("seed", 5);
        assertThat(read(written.replace("\"seed\" : 5", "\"seed\" : 5.0")).images()).isOne();
        assertThatThrownBy(() -> read(written.replace("\"seed\" : 5", "\"seed\" : 6")))
                .isInstanceOf(DataFileException.class)
                .hasMessageContaining("its settings were changed after the run was started");
    }

    private Manifest read(String json) throws IOException {
        Files.writeString(folder.resolve(RunDirectory.MANIFEST), json);
        return RunDirectory.manifest(folder).orElseThrow();
    }
}

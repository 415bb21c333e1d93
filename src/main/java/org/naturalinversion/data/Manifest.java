package org.naturalinversion.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.naturalinversion.method.Losses;

/**
 * What a run directory says about itself: {@code manifest.json}.
 *
 * @param about what the images are, for whoever finds them
 * @param software what made them
 * @param finished whether all batches are there
 * @param images how many the finished run has
 * @param teacher the classifier that was inverted
 * @param backend what it was made on
 * @param settings by name, as flags and settings files have them: given to the program again, they
 *     make the same run
 * @param batches those that are there
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Manifest(
        String about,
        Software software,
        boolean finished,
        int images,
        Teacher teacher,
        Backend backend,
        Map<String, Object> settings,
        List<BatchRecord> batches) {

    /** A program and its version. */
    public record Software(String name, String version) {}

    /** A classifier: its file's name and SHA-256, and what it is. */
    public record Teacher(
            String name, String sha256, String architecture, int classes, String input) {}

    /** The processor, and the libraries that drive it. */
    public record Backend(String name, String device, int threads, Map<String, String> versions) {}

    /**
     * A batch that is there.
     *
     * @param index which batch of the run, from 0
     * @param images how many are kept
     * @param seconds that it took to make
     * @param iterations that were run
     * @param bestIteration the iteration, from 1, that the images are of
     * @param losses of that iteration
     * @param correct how many images are put into their class, by who looks and at what
     * @param files the SHA-256 of each, by its path within the run
     */
    public record BatchRecord(
            int index,
            int images,
            double seconds,
            int iterations,
            int bestIteration,
            Losses losses,
            Map<String, Integer> correct,
            Map<String, String> files) {

        /** The same, with files. */
        BatchRecord files(Map<String, String> value) {
            return new BatchRecord(
                    index, images, seconds, iterations, bestIteration, losses, correct, value);
        }
    }

    /** Settings that change where a run is made or what is said about it, not its images. */
    private static final Set<String> INDIFFERENT =
            Set.of("teacher", "threads", "concurrent", "out");

    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();

    /** The same run, finished or not. */
    Manifest finished(boolean value) {
        return new Manifest(about, software, value, images, teacher, backend, settings, batches);
    }

    /** The same run with other batches, not finished. */
    Manifest batches(List<BatchRecord> value) {
        return new Manifest(about, software, false, images, teacher, backend, settings, value);
    }

    /** The same run with one more batch, not finished. */
    Manifest with(BatchRecord batch) {
        return batches(
                Stream.concat(batches.stream(), Stream.of(batch))
                        .sorted(Comparator.comparingInt(BatchRecord::index))
                        .toList());
    }

    /**
     * Why batches of this run and of another would not belong together, a line each; empty if they
     * would.
     */
    public List<String> differencesFrom(Manifest other) {
        List<String> differences = new ArrayList<>();
        compare(differences, "the teacher's SHA-256", teacher.sha256(), other.teacher.sha256());
        compare(differences, "backend", backend.name(), other.backend.name());
        Map<String, JsonNode> mine = nodes(settings);
        Map<String, JsonNode> theirs = nodes(other.settings);
        Set<String> names = new TreeSet<>(mine.keySet());
        names.addAll(theirs.keySet());
        names.removeAll(INDIFFERENT);
        names.remove("backend");
        names.forEach(name -> compare(differences, name, mine.get(name), theirs.get(name)));
        return differences;
    }

    private static void compare(List<String> differences, String what, Object a, Object b) {
        String mine = a == null ? "not set" : a.toString();
        String theirs = b == null ? "not set" : b.toString();
        if (!mine.equals(theirs)) {
            differences.add("%s is %s, not %s".formatted(what, mine, theirs));
        }
    }

    /** Values as they are after writing and reading, so that 1, 1L and 1.0f compare as in files. */
    private static Map<String, JsonNode> nodes(Map<String, Object> settings) {
        try {
            return JSON.readValue(
                    JSON.writeValueAsBytes(settings),
                    new TypeReference<LinkedHashMap<String, JsonNode>>() {});
        } catch (IOException e) {
            throw new IllegalArgumentException("settings that are no JSON", e);
        }
    }

    /** As JSON, in UTF-8. */
    byte[] encode() {
        try {
            return (JSON.writeValueAsString(this) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a manifest that is no JSON", e);
        }
    }

    /**
     * Reads a manifest.
     *
     * @throws DataFileException if the file is none
     */
    static Manifest read(Path file) {
        try {
            Manifest manifest = JSON.readValue(file.toFile(), Manifest.class);
            if (manifest.settings == null
                    || manifest.batches == null
                    || manifest.teacher == null
                    || manifest.backend == null) {
                throw new IOException("it has no settings, batches, teacher or backend");
            }
            return manifest;
        } catch (IOException e) {
            throw new DataFileException(file, "is no manifest of a run", e);
        }
    }
}

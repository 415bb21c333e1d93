package org.naturalinversion.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * @param verifier the classifier that looks at the images too; null if there is none
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
        Verifier verifier,
        Backend backend,
        Map<String, Object> settings,
        List<BatchRecord> batches) {

    /** A program and its version. */
    public record Software(String name, String version) {}

    /** A classifier: its file's name and SHA-256, and what it is. */
    public record Teacher(
            String name, String sha256, String architecture, int classes, String input) {}

    /** Another classifier: its file's name and SHA-256. */
    public record Verifier(String name, String sha256) {}

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
     * @param correct how many images are put into their class, by who looks ({@link #TEACHER},
     *     {@link #VERIFIER}), with {@link #PNG} behind at what is left of them there
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

    /** Who looks at images. */
    public static final String TEACHER = "teacher";

    public static final String VERIFIER = "verifier";
    public static final String PNG = "_png";

    /** Settings that change where a run is made or what is said about it, not its images. */
    private static final Set<String> INDIFFERENT =
            Set.of(TEACHER, VERIFIER, "backend", "threads", "concurrent", "out");

    /** Tells whether somebody has changed the settings since they were written. */
    private static final String SETTINGS_SUM = "settings_sha256";

    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                    .build();

    /** The same run, finished or not. */
    Manifest finished(boolean value) {
        return new Manifest(
                about, software, value, images, teacher, verifier, backend, settings, batches);
    }

    /** The same run with other batches, not finished. */
    Manifest batches(List<BatchRecord> value) {
        return new Manifest(
                about, software, false, images, teacher, verifier, backend, settings, value);
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
        // Older manifests have the verifier's path only.
        if (verifier != null || !settings.containsKey(VERIFIER)) {
            compare(
                    differences,
                    "the verifier's SHA-256",
                    verifierSha256(verifier),
                    verifierSha256(other.verifier));
        }
        compare(differences, "backend", backend.name(), other.backend.name());
        differences.addAll(comparable().differencesFrom(other.comparable()));
        return differences;
    }

    private static String verifierSha256(Verifier verifier) {
        return verifier == null ? "not set" : verifier.sha256();
    }

    private static void compare(List<String> differences, String what, String mine, String theirs) {
        if (!mine.equals(theirs)) {
            differences.add("%s is %s, not %s".formatted(what, mine, theirs));
        }
    }

    private ComparableSettings comparable() {
        return new ComparableSettings(settings, INDIFFERENT);
    }

    /** As JSON, in UTF-8. */
    byte[] encode() {
        try {
            ObjectNode root = JSON.valueToTree(this);
            root.put(SETTINGS_SUM, comparable().sha256());
            return (JSON.writeValueAsString(root) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a manifest that is not JSON", e);
        }
    }

    /**
     * Reads a manifest. What it says is checked as far as it can be: it comes from a file that
     * anybody may have written.
     *
     * @throws DataFileException if the file is none
     */
    static Manifest read(Path file) {
        DataFile.requireRegular(file);
        try {
            JsonNode root = JSON.readTree(file.toFile());
            ManifestCheck.requireNoNulls(file, root);
            Manifest manifest = JSON.treeToValue(root, Manifest.class);
            new ManifestCheck(file, manifest).run();
            String sum = root.path(SETTINGS_SUM).asText();
            if (!sum.isEmpty() && !sum.equals(manifest.comparable().sha256())) {
                throw new DataFileException(
                        file, "its settings were changed after the run was started");
            }
            return manifest;
        } catch (JsonProcessingException e) {
            String reason = e.getOriginalMessage();
            throw new DataFileException(file, "is not a valid manifest: " + reason, e);
        } catch (CharConversionException e) {
            throw new DataFileException(file, "is not a valid manifest: it is not UTF-8 text", e);
        } catch (IOException e) {
            throw DataFile.unreadable(file, e);
        }
    }
}

package org.naturalinversion.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.naturalinversion.data.Manifest.BatchRecord;
import org.naturalinversion.model.io.ModelFileException;

/** Checks a manifest for contradictions, and against the files in the folder. */
final class ManifestCheck {
    /** Names divided by slashes, none of which is hidden, empty, or leads up. */
    private static final String INSIDE = "[\\w-]+(/[\\w-]+)*\\.\\w+";

    private static final int LONGEST_NAME = 200;

    private final Path file;
    private final Manifest manifest;

    ManifestCheck(Path file, Manifest manifest) {
        this.file = file;
        this.manifest = manifest;
    }

    /**
     * Refuses a manifest in which anything is null.
     *
     * @throws DataFileException if something is, or there is no object at all
     */
    static void requireNoNulls(Path file, JsonNode root) {
        if (!root.isObject()) {
            throw refusal(file, "it is not a JSON object");
        }
        requireNoNulls(file, root, "");
    }

    private static void requireNoNulls(Path file, JsonNode node, String name) {
        if (node.isNull()) {
            throw refusal(file, name + " is null");
        }
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            String inner = ModelFileException.shorten(entry.getKey());
            requireNoNulls(file, entry.getValue(), name.isEmpty() ? inner : name + "." + inner);
        }
        Iterator<JsonNode> elements =
                node.isArray() ? node.elements() : Stream.<JsonNode>empty().iterator();
        for (int i = 0; elements.hasNext(); i++) {
            requireNoNulls(file, elements.next(), name + "[" + i + "]");
        }
    }

    /**
     * Checks everything.
     *
     * @throws DataFileException if something is missing, contradicts something else, or leads out
     *     of the folder
     */
    void run() {
        requireParts();
        int batch = setting("batch");
        int images = setting("images");
        int iterations = setting("iterations");
        require(
                images == manifest.images(),
                "it has %d images, its settings say %d",
                manifest.images(),
                images);
        int number = (int) (((long) images + batch - 1) / batch);
        require(
                !manifest.finished() || manifest.batches().size() == number,
                "it is marked finished, but has %d of %d batches",
                manifest.batches().size(),
                number);
        Set<Integer> indices = new HashSet<>();
        for (BatchRecord record : manifest.batches()) {
            int index = record.index();
            require(index >= 0 && index < number, "batch %d of %d does not exist", index, number);
            require(indices.add(index), "it has batch %d twice", index);
            int expected = (int) Math.min(batch, images - (long) index * batch);
            requireCounts(record, expected, iterations);
            requireFiles(record);
        }
    }

    private void requireParts() {
        Manifest.Software software = manifest.software();
        Manifest.Teacher teacher = manifest.teacher();
        Manifest.Backend backend = manifest.backend();
        Manifest.Verifier verifier = manifest.verifier();
        boolean whole =
                software != null
                        && teacher != null
                        && backend != null
                        && manifest.settings() != null
                        && manifest.batches() != null
                        && Stream.of(software.name(), software.version(), teacher.name())
                                .allMatch(text -> text != null)
                        && teacher.sha256() != null
                        && backend.name() != null
                        && backend.device() != null
                        && (verifier == null || verifier.sha256() != null);
        require(whole, "software, teacher, backend, settings or batches are incomplete");
        require(teacher.classes() >= 1, "its teacher has %d classes", teacher.classes());
    }

    private int setting(String name) {
        Object value = manifest.settings().get(name);
        require(
                value instanceof Integer number && number >= 1,
                "its setting %s is %s, expected a positive integer",
                name,
                value);
        return (Integer) value;
    }

    private void requireCounts(BatchRecord record, int images, int iterations) {
        int index = record.index();
        require(
                record.images() == images,
                "batch %d has %d images, expected %d",
                index,
                record.images(),
                images);
        require(
                record.iterations() == iterations,
                "batch %d has %d iterations, expected %d",
                index,
                record.iterations(),
                iterations);
        require(
                record.bestIteration() >= 1 && record.bestIteration() <= iterations,
                "the best iteration of batch %d is %d of %d",
                index,
                record.bestIteration(),
                iterations);
        require(
                record.losses() != null && record.correct() != null && record.files() != null,
                "batch %d has no losses, files or counts",
                index);
        Set<String> judges =
                new HashSet<>(Set.of(Manifest.TEACHER, Manifest.TEACHER + Manifest.PNG));
        if (manifest.settings().containsKey(Manifest.VERIFIER)) {
            judges.addAll(Set.of(Manifest.VERIFIER, Manifest.VERIFIER + Manifest.PNG));
        }
        require(
                record.correct().keySet().equals(judges),
                "batch %d was judged by %s, expected %s",
                index,
                record.correct().keySet(),
                judges);
        for (int correct : record.correct().values()) {
            require(
                    correct >= 0 && correct <= images,
                    "of %d images of batch %d, %d are recognised",
                    images,
                    index,
                    correct);
        }
    }

    private void requireFiles(BatchRecord record) {
        for (String name : record.files().keySet()) {
            require(
                    name.length() <= LONGEST_NAME && name.matches(INSIDE),
                    "%s of batch %d is not the name of a file inside the run",
                    ModelFileException.quote(name),
                    record.index());
            requireInside(name);
        }
        long pictures =
                record.files().keySet().stream()
                        .filter(n -> n.startsWith(BatchFiles.IMAGES + "/"))
                        .count();
        require(
                pictures == 0 || pictures == record.images(),
                "batch %d has %d pictures of %d images",
                record.index(),
                pictures,
                record.images());
    }

    /**
     * Refuses files outside the run and endless ones (devices, pipes). A missing file is made
     * again.
     */
    private void requireInside(String name) {
        Path folder = file.toAbsolutePath().getParent();
        try {
            Path real = folder.resolve(name).toRealPath();
            require(real.startsWith(folder.toRealPath()), "%s leads out of the run", name);
            require(Files.isRegularFile(real), "%s is not a regular file", name);
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Then its batch is made again.
        } catch (IOException e) {
            throw DataFile.unreadable(folder.resolve(name), e);
        }
    }

    private void require(boolean condition, String otherwise, Object... values) {
        if (!condition) {
            throw refusal(file, otherwise.formatted(values));
        }
    }

    private static DataFileException refusal(Path file, String problem) {
        return new DataFileException(file, "is not a valid manifest: " + problem);
    }
}

package org.naturalinversion.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.data.Manifest.BatchRecord;
import org.naturalinversion.method.Batch;
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
        requireRealFolders();
        require(
                images == manifest.images(),
                "it has %d images, its settings say %d",
                manifest.images(),
                images);
        int number = Batch.count(images, batch);
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

    /** Requires that the files are the batch's own, and hold all its images in every format. */
    private void requireFiles(BatchRecord record) {
        int index = record.index();
        Set<Integer> pictures = new HashSet<>();
        for (String name : record.files().keySet()) {
            require(
                    name.length() <= LONGEST_NAME && name.matches(INSIDE),
                    "%s of batch %d is not the name of a file inside the run",
                    ModelFileException.quote(name),
                    index);
            requireInside(name);
            Optional<BatchFiles.Image> image = BatchFiles.image(name);
            image.ifPresent(i -> requireOwn(record, name, i));
            require(
                    image.isEmpty() || pictures.add(image.get().number()),
                    "%s is a second file of an image of batch %d",
                    name,
                    index);
            require(
                    image.isPresent() || isOther(index, name),
                    "%s is not a file of batch %d",
                    name,
                    index);
        }
        require(
                pictures.isEmpty() || pictures.size() == record.images(),
                "batch %d has %d pictures of %d images",
                index,
                pictures.size(),
                record.images());
        boolean raw = record.files().containsKey(BatchFiles.raw(index));
        require(!pictures.isEmpty() || raw, "batch %d has no files of its images", index);
        require(!pictures.isEmpty() || !isWritten(Format.PNG), "batch %d has no PNG files", index);
        require(raw || !isWritten(Format.RAW), "batch %d has no safetensors file", index);
    }

    private void requireOwn(BatchRecord record, String name, BatchFiles.Image image) {
        require(
                image.label() < manifest.teacher().classes(),
                "%s is an image of class %d of a classifier of %d classes",
                name,
                image.label(),
                manifest.teacher().classes());
        require(
                image.batch() == record.index() && image.number() < record.images(),
                "%s is not a file of batch %d",
                name,
                record.index());
    }

    /** Whether a batch has such a file beside those of its images; a table only in newer runs. */
    private static boolean isOther(int batch, String name) {
        return name.equals(BatchFiles.raw(batch))
                || name.equals(BatchFiles.losses(batch))
                || batch == 0 && name.equals(BatchFiles.GRID);
    }

    private boolean isWritten(Format format) {
        Object formats = manifest.settings().getOrDefault("format", List.of());
        return formats instanceof List<?> list
                ? list.contains(format.toString())
                : formats.equals(format.toString());
    }

    /**
     * Requires that the folders of a run's files are real ones: files written into a link's target
     * would replace those of somebody else.
     */
    private void requireRealFolders() {
        Path folder = file.toAbsolutePath().getParent();
        Path images = folder.resolve(BatchFiles.IMAGES);
        requireReal(images);
        requireReal(folder.resolve(BatchFiles.BATCHES));
        if (Files.isDirectory(images)) {
            DataFile.list(images).stream()
                    .filter(inner -> inner.getFileName().toString().matches("\\d+"))
                    .forEach(this::requireReal);
        }
    }

    private void requireReal(Path folder) {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                && Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw new DataFileException(
                    folder, "is a link or a file, but a run needs a folder of its own there");
        }
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

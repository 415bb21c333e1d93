package org.naturalinversion.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.io.AtomicFiles;
import org.naturalinversion.model.io.AtomicFiles.Content;
import org.naturalinversion.model.io.ClassifierWriter;
import org.naturalinversion.model.io.Safetensors;
import org.naturalinversion.tensor.HostTensor;

/**
 * The folder that training leaves behind:
 *
 * <pre>{@code
 * training.json      what is trained, on what, and how
 * best.safetensors   the classifier of the epoch with the best test accuracy
 * last.safetensors   that of the last epoch
 * state.safetensors  what training goes on from
 * epochs.csv, epochs.png
 * }</pre>
 *
 * Every epoch's files are written together; a program that is killed loses the epoch it was in.
 */
public final class TrainingFolder {
    /** Name of the file that says what is trained, and how. */
    public static final String RECORD = "training.json";

    /** Name of the best classifier's file. */
    public static final String BEST = "best.safetensors";

    private static final String LAST = "last.safetensors";
    private static final String STATE = "state.safetensors";
    private static final String EPOCHS = "epochs.csv";
    private static final String PLOT = "epochs.png";

    /** Settings that change where training happens, not what comes out. */
    private static final List<String> INDIFFERENT = List.of("data", "test", "threads", "backend");

    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();

    /**
     * What is trained, and how.
     *
     * @param settings by name, as flags and settings files have them: given to the program again,
     *     they train the same classifier
     * @param classes their names
     * @param images how many are trained on
     * @param testImages how many are tested with
     */
    public record Record(
            Manifest.Software software,
            Manifest.Backend backend,
            Map<String, Object> settings,
            List<String> classes,
            int images,
            int testImages) {}

    private final Path folder;
    private final List<Epoch> epochs;

    private TrainingFolder(Path folder, List<Epoch> epochs) {
        this.folder = folder;
        this.epochs = epochs;
    }

    /**
     * Why a classifier cannot be trained in a folder, in one line; empty if it can.
     *
     * @param resume whether there may be one already
     */
    public static Optional<String> refusal(Path folder, boolean resume) {
        return Folders.refusal(folder, RECORD, "training", resume);
    }

    /**
     * Opens a folder, makes it where there is none, and removes what a killed program left
     * half-done.
     *
     * @throws DataFileException if there is a training already whose files cannot be read, or of
     *     other settings
     * @throws UncheckedIOException if the folder cannot be made or written to
     */
    public static TrainingFolder open(Path folder, Record record) {
        Folders.make(folder);
        AtomicFiles.sweep(folder);
        Path file = folder.resolve(RECORD);
        if (Files.exists(file)) {
            requireSame(file, record);
        }
        List<Epoch> epochs = new ArrayList<>();
        if (Files.exists(folder.resolve(EPOCHS))) {
            epochs.addAll(read(folder.resolve(EPOCHS)));
        }
        AtomicFiles.write(file, Content.of(encode(record)));
        return new TrainingFolder(folder, epochs);
    }

    /** The epochs that are done. */
    public List<Epoch> epochs() {
        return List.copyOf(epochs);
    }

    /** The epoch with the best test accuracy, the first of them; empty before the first. */
    public Optional<Epoch> best() {
        return epochs.stream()
                .max(
                        Comparator.comparingDouble(Epoch::testAccuracy)
                                .thenComparing(Epoch::number, Comparator.reverseOrder()));
    }

    /** Where the best classifier is. */
    public Path bestFile() {
        return folder.resolve(BEST);
    }

    /** What training goes on from. */
    public Map<String, HostTensor> state() {
        return Safetensors.read(folder.resolve(STATE)).tensors();
    }

    /**
     * Adds an epoch.
     *
     * @param classifier that of this epoch
     * @param state what training goes on from
     * @param log told if the plot cannot be drawn; that is no failure
     */
    public void add(
            Epoch epoch,
            Classifier classifier,
            Map<String, HostTensor> state,
            Consumer<String> log) {
        epochs.add(epoch);
        StringBuilder table = new StringBuilder(Epoch.HEADER).append('\n');
        epochs.forEach(e -> table.append(e.row()).append('\n'));
        Map<Path, Content> files = new LinkedHashMap<>();
        if (best().orElseThrow().equals(epoch)) {
            files.put(folder.resolve(BEST), ClassifierWriter.content(classifier));
        }
        files.put(folder.resolve(LAST), ClassifierWriter.content(classifier));
        files.put(folder.resolve(STATE), Safetensors.content(Map.of(), state));
        files.put(
                folder.resolve(EPOCHS),
                Content.of(table.toString().getBytes(StandardCharsets.US_ASCII)));
        Charts.png(() -> EpochPlot.draw(classifier.architecture().name(), epochs), PLOT, log)
                .ifPresent(png -> files.put(folder.resolve(PLOT), Content.of(png)));
        AtomicFiles.write(files);
    }

    private static void requireSame(Path file, Record record) {
        JsonNode before;
        try {
            before = JSON.readTree(file.toFile()).path("settings");
        } catch (IOException e) {
            throw new DataFileException(file, "is no record of a training", e);
        }
        JsonNode now = JSON.valueToTree(record).path("settings");
        TreeSet<String> names = new TreeSet<>();
        before.fieldNames().forEachRemaining(names::add);
        now.fieldNames().forEachRemaining(names::add);
        INDIFFERENT.forEach(names::remove);
        List<String> differences =
                names.stream()
                        .filter(n -> !before.path(n).asText().equals(now.path(n).asText()))
                        .map(n -> "%s is %s, not %s".formatted(n, before.path(n), now.path(n)))
                        .toList();
        if (!differences.isEmpty()) {
            throw new DataFileException(
                    file, "is of another training: " + String.join("; ", differences), null);
        }
    }

    private static List<Epoch> read(Path file) {
        try {
            List<String> rows = Files.readAllLines(file, StandardCharsets.US_ASCII);
            return rows.subList(1, rows.size()).stream().map(Epoch::parse).toList();
        } catch (IOException | RuntimeException e) {
            throw new DataFileException(file, "is no table of epochs: " + Epoch.HEADER, e);
        }
    }

    private static byte[] encode(Record record) {
        try {
            return (JSON.writeValueAsString(record) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record that is no JSON", e);
        }
    }
}

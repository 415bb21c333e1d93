package org.naturalinversion.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.CharConversionException;
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
import java.util.TreeMap;
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
 * state.safetensors  what training goes on from, the epochs that are done, the best classifier
 * best.safetensors   the classifier of the epoch with the best test accuracy
 * last.safetensors   that of the last epoch
 * epochs.csv, epochs.png
 * }</pre>
 *
 * An epoch is there when its state is: that is one file, and moved into place after all others. The
 * others follow from it. Where a program was killed before, or somebody has changed one of them,
 * they are written again as the state has them.
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
    private final TrainingState before;
    private final List<Epoch> epochs;
    private final Map<String, String> sums = new TreeMap<>();
    private final String settings;
    private Map<String, HostTensor> best;

    private TrainingFolder(Path folder, TrainingState before, String settings) {
        this.folder = folder;
        this.before = before;
        this.settings = settings;
        epochs = new ArrayList<>(before.epochs());
        best = before.best();
        sums.putAll(before.files());
    }

    /**
     * Why a classifier cannot be trained in a folder, in one line; empty if it can.
     *
     * @param resume whether there must be a training already, which is to be completed
     */
    public static Optional<String> refusal(Path folder, boolean resume) {
        return Folders.refusal(folder, RECORD, "training", resume);
    }

    /** Whether the training in a folder has a setting that is this text. */
    public static boolean names(Path folder, String setting, String value) {
        Path file = folder.resolve(RECORD);
        return Files.exists(file) && settings(file).path(setting).asText().equals(value);
    }

    /**
     * Opens a folder, makes it where there is none, and removes what a killed program left
     * half-done.
     *
     * @throws DataFileException if there is a training already whose files cannot be read or do not
     *     belong together, or of other settings
     * @throws UncheckedIOException if the folder cannot be made or written to
     */
    public static TrainingFolder open(Path folder, Record record) {
        Folders.make(folder);
        AtomicFiles.sweep(folder);
        Path file = folder.resolve(RECORD);
        ComparableSettings settings = new ComparableSettings(record.settings(), INDIFFERENT);
        if (Files.exists(file)) {
            requireSame(file, settings);
        }
        TrainingState state = state(folder);
        if (!state.settings().isEmpty() && !state.settings().equals(settings.sha256())) {
            throw new DataFileException(
                    file, "its settings were changed after the training was started");
        }
        Folders.update(file, encode(record));
        return new TrainingFolder(folder, state, settings.sha256());
    }

    /** That of the last epoch; an empty one before the first. */
    private static TrainingState state(Path folder) {
        Path file = folder.resolve(STATE);
        Path table = folder.resolve(EPOCHS);
        if (!Files.exists(file)) {
            // Killed in its first epoch, a program leaves a table of one row and no state.
            if (Files.exists(table) && readTable(table).size() > 1) {
                throw new DataFileException(
                        file, "is missing; the training cannot continue without it");
            }
            return new TrainingState(List.of(), Map.of(), Map.of(), Map.of(), "");
        }
        TrainingState state = TrainingState.read(file);
        return state.epochs().isEmpty()
                ? oldState(folder, state)
                : state.epochs(timed(state.epochs(), table));
    }

    /** The table has the times of epochs, where it is the table of these epochs. */
    private static List<Epoch> timed(List<Epoch> epochs, Path file) {
        List<Epoch> table;
        try {
            table = readTable(file);
        } catch (DataFileException e) {
            return epochs;
        }
        return epochs.stream()
                .map(e -> table.stream().filter(e::hasOutcomeOf).findFirst().orElse(e))
                .toList();
    }

    /** Older versions have the epochs in their table alone, and the best classifier in its file. */
    private static TrainingState oldState(Path folder, TrainingState tensors) {
        List<Epoch> epochs = readTable(folder.resolve(EPOCHS));
        Path file = folder.resolve(BEST);
        if (!Files.exists(file)) {
            throw new DataFileException(
                    file, "is missing, and the state, of an older version, does not contain it");
        }
        Map<String, HostTensor> best = Safetensors.read(file).tensors();
        return new TrainingState(epochs, tensors.tensors(), best, Map.of(), "");
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

    /** What training goes on from, if there were epochs when the folder was opened. */
    public Map<String, HostTensor> state() {
        return before.tensors();
    }

    /**
     * Refuses a state that is not of the epoch that is said to be the last.
     *
     * @param steps of the state
     * @param stepsPerEpoch of the settings
     * @throws DataFileException if it is of another
     */
    public void requireSteps(int steps, int stepsPerEpoch) {
        if (steps != epochs.size() * stepsPerEpoch) {
            throw new DataFileException(
                    folder.resolve(STATE),
                    "is at step %d, expected step %d after %d epochs of %d steps"
                            .formatted(
                                    steps,
                                    epochs.size() * stepsPerEpoch,
                                    epochs.size(),
                                    stepsPerEpoch));
        }
    }

    /**
     * Writes again what follows from the state and is missing or is not what follows.
     *
     * @param last the classifier of the state
     * @param log receives notes about files that are written again
     */
    public void restore(Classifier last, Consumer<String> log) {
        restore(BEST, new Classifier(last.architecture(), best, last.normalization()), log);
        restore(LAST, last, log);
        Folders.update(folder.resolve(EPOCHS), utf8(Epoch.table(epochs)));
        plot(last, log).ifPresent(png -> Folders.update(folder.resolve(PLOT), png));
    }

    private void restore(String name, Classifier classifier, Consumer<String> log) {
        Path file = folder.resolve(name);
        String sum = sums.get(name);
        try {
            if (Files.isRegularFile(file) && (sum == null || sum.equals(Sha256.of(file)))) {
                sums.put(name, Sha256.of(file));
                return;
            }
        } catch (IOException e) {
            // What cannot be read is replaced.
        }
        log.accept("rewriting %s from %s".formatted(name, STATE));
        Fingerprinted content = new Fingerprinted(ClassifierWriter.content(classifier));
        AtomicFiles.write(file, content);
        sums.put(name, content.sha256());
    }

    /**
     * Adds an epoch.
     *
     * @param classifier that of this epoch
     * @param state what training goes on from
     * @param log receives a note if the plot cannot be drawn; that is not a failure
     * @throws UncheckedIOException if it cannot be written
     */
    public void add(
            Epoch epoch,
            Classifier classifier,
            Map<String, HostTensor> state,
            Consumer<String> log) {
        epochs.add(epoch);
        Map<String, Fingerprinted> classifiers = new LinkedHashMap<>();
        if (best().orElseThrow().equals(epoch)) {
            best = classifier.weights();
            classifiers.put(BEST, new Fingerprinted(ClassifierWriter.content(classifier)));
        }
        classifiers.put(LAST, new Fingerprinted(ClassifierWriter.content(classifier)));
        Map<Path, Content> files = new LinkedHashMap<>();
        classifiers.forEach((name, content) -> files.put(folder.resolve(name), content));
        files.put(folder.resolve(EPOCHS), Content.of(utf8(Epoch.table(epochs))));
        plot(classifier, log).ifPresent(png -> files.put(folder.resolve(PLOT), Content.of(png)));
        // The state comes last: its draft knows the fingerprints of the other drafts.
        files.put(
                folder.resolve(STATE),
                channel -> {
                    classifiers.forEach((name, content) -> sums.put(name, content.sha256()));
                    new TrainingState(epochs, state, best, sums, settings)
                            .content()
                            .writeTo(channel);
                });
        AtomicFiles.write(files);
    }

    private Optional<byte[]> plot(Classifier classifier, Consumer<String> log) {
        String title = classifier.architecture().name();
        return Charts.png(() -> EpochPlot.draw(title, epochs), PLOT, log);
    }

    private static void requireSame(Path file, ComparableSettings settings) {
        List<String> differences =
                new ComparableSettings(settings(file), INDIFFERENT).differencesFrom(settings);
        if (!differences.isEmpty()) {
            throw new DataFileException(
                    file, "belongs to another training: " + String.join("; ", differences));
        }
    }

    private static JsonNode settings(Path file) {
        DataFile.requireRegular(file);
        try {
            JsonNode settings = JSON.readTree(file.toFile()).path("settings");
            if (settings.isObject()) {
                return settings;
            }
        } catch (JsonProcessingException | CharConversionException e) {
            throw new DataFileException(file, "is not the record of a training: it is not JSON", e);
        } catch (IOException e) {
            throw DataFile.unreadable(file, e);
        }
        throw new DataFileException(file, "is not the record of a training: it has no settings");
    }

    private static List<Epoch> readTable(Path file) {
        List<String> lines = DataFile.lines(file);
        try {
            return Epoch.parseTable(lines);
        } catch (IllegalArgumentException e) {
            throw new DataFileException(file, "is not a table of epochs: " + e.getMessage(), e);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] encode(Record record) {
        try {
            return utf8(JSON.writeValueAsString(record) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record that is not JSON", e);
        }
    }
}

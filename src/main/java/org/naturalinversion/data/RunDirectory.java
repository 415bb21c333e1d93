package org.naturalinversion.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.naturalinversion.method.Losses;
import org.naturalinversion.model.io.AtomicFiles;
import org.naturalinversion.model.io.AtomicFiles.Content;

/**
 * The folder that a run leaves behind:
 *
 * <pre>{@code
 * manifest.json                      what the run is, and which batches are there
 * images/<class>/<batch>-<image>.png
 * batches/<batch>.safetensors        where asked for
 * grid.png                           the first batch at a glance
 * losses.csv, losses.png             every iteration
 * }</pre>
 *
 * Batches are added whole or not at all; one that the manifest does not name is not there.
 */
public final class RunDirectory {
    /** Name of the manifest. */
    public static final String MANIFEST = "manifest.json";

    private static final String LOSSES = "losses.csv";
    private static final String PLOT = "losses.png";

    private final Path folder;
    private final SortedMap<Integer, List<Losses>> histories;
    private Manifest manifest;

    private RunDirectory(
            Path folder, Manifest manifest, SortedMap<Integer, List<Losses>> histories) {
        this.folder = folder;
        this.manifest = manifest;
        this.histories = histories;
    }

    /**
     * Why a run cannot be left in a folder, in one line; empty if it can.
     *
     * @param resume whether there may be a run already
     */
    public static Optional<String> refusal(Path folder, boolean resume) {
        return Folders.refusal(folder, MANIFEST, "run", resume);
    }

    /**
     * The manifest of the run in a folder; empty if there is none.
     *
     * @throws DataFileException if the manifest cannot be read
     */
    public static Optional<Manifest> manifest(Path folder) {
        Path file = folder.resolve(MANIFEST);
        return Files.exists(file) ? Optional.of(Manifest.read(file)) : Optional.empty();
    }

    /** Bytes that the disk of a folder, which need not exist yet, has left. */
    public static long bytesLeft(Path folder) {
        Path existing = folder.toAbsolutePath().normalize();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            return Files.getFileStore(existing).getUsableSpace();
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }

    /**
     * Opens a folder to add batches to. What a killed program left half-done is removed; of a
     * manifest's batches those are kept whose files are all there and unchanged.
     *
     * @param log told of batches that are not kept
     * @throws UncheckedIOException if the folder cannot be made or written to
     */
    public static RunDirectory open(Path folder, Manifest manifest, Consumer<String> log) {
        Folders.make(folder);
        AtomicFiles.sweep(folder);
        Path losses = folder.resolve(LOSSES);
        SortedMap<Integer, List<Losses>> histories =
                Files.exists(losses) ? LossTable.read(losses) : new TreeMap<>();
        List<Manifest.BatchRecord> kept = new ArrayList<>();
        for (Manifest.BatchRecord batch : manifest.batches()) {
            Optional<String> damage = damage(folder, batch);
            if (damage.isEmpty() && histories.containsKey(batch.index())) {
                kept.add(batch);
            } else {
                log.accept(
                        "batch %d is made again: %s"
                                .formatted(batch.index(), damage.orElse("its losses are missing")));
            }
        }
        histories.keySet().retainAll(kept.stream().map(Manifest.BatchRecord::index).toList());
        RunDirectory run = new RunDirectory(folder, manifest.batches(kept), histories);
        run.write(Map.of(MANIFEST, Content.of(run.manifest.encode())));
        return run;
    }

    /** Where the run is. */
    public Path folder() {
        return folder;
    }

    /** What the run says about itself by now. */
    public Manifest manifest() {
        return manifest;
    }

    /** Whether a batch is there. */
    public boolean has(int index) {
        return manifest.batches().stream().anyMatch(batch -> batch.index() == index);
    }

    /**
     * Adds a batch.
     *
     * @param batch without its files
     * @param files by path within the run
     * @param history the losses of every iteration
     * @throws UncheckedIOException if something cannot be written; then the run is as it was
     */
    public void add(Manifest.BatchRecord batch, Map<String, Content> files, List<Losses> history) {
        Map<String, Fingerprinted> fingerprinted = new LinkedHashMap<>();
        files.forEach((name, content) -> fingerprinted.put(name, new Fingerprinted(content)));
        SortedMap<Integer, List<Losses>> allHistories = new TreeMap<>(histories);
        allHistories.put(batch.index(), history);
        Supplier<Manifest> complete =
                () -> {
                    Map<String, String> fingerprints = new LinkedHashMap<>();
                    fingerprinted.forEach((name, file) -> fingerprints.put(name, file.sha256));
                    return manifest.with(batch.files(fingerprints));
                };
        // The manifest comes last: its draft knows the other drafts' fingerprints, and it is moved
        // into place when they are there.
        Map<String, Content> all = new LinkedHashMap<>(fingerprinted);
        all.put(LOSSES, Content.of(LossTable.encode(allHistories)));
        all.put(MANIFEST, channel -> Content.of(complete.get().encode()).writeTo(channel));
        write(all);
        histories.put(batch.index(), history);
        manifest = complete.get();
    }

    /** Says in the manifest that all batches are there. */
    public void finish() {
        manifest = manifest.finished(true);
        write(Map.of(MANIFEST, Content.of(manifest.encode())));
    }

    /**
     * Draws the losses of the batches that are there.
     *
     * @param log told if they cannot be drawn; that is no failure of the run
     */
    public void drawLosses(Consumer<String> log) {
        if (histories.isEmpty()) {
            return;
        }
        Charts.png(() -> LossPlot.draw(histories.values()), PLOT, log)
                .ifPresent(png -> write(Map.of(PLOT, Content.of(png))));
    }

    private void write(Map<String, Content> files) {
        Map<Path, Content> paths = new LinkedHashMap<>();
        files.forEach((name, content) -> paths.put(folder.resolve(name), content));
        for (Path path : paths.keySet()) {
            Folders.make(path.getParent());
        }
        AtomicFiles.write(paths);
    }

    /** What has happened to a batch's files since they were written; empty if nothing. */
    private static Optional<String> damage(Path folder, Manifest.BatchRecord batch) {
        for (Map.Entry<String, String> file : batch.files().entrySet()) {
            try {
                if (!Sha256.of(folder.resolve(file.getKey())).equals(file.getValue())) {
                    return Optional.of(file.getKey() + " has been changed");
                }
            } catch (IOException e) {
                return Optional.of(file.getKey() + " cannot be read");
            }
        }
        return Optional.empty();
    }

    /** Content whose SHA-256 is known once it has been written. */
    private static final class Fingerprinted implements Content {
        private final Content content;
        private String sha256;

        Fingerprinted(Content content) {
            this.content = content;
        }

        @Override
        public void writeTo(FileChannel channel) throws IOException {
            content.writeTo(channel);
            sha256 = Sha256.of(Channels.newInputStream(channel.position(0)));
        }
    }
}

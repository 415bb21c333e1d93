package org.naturalinversion.data;

import java.io.IOException;
import java.io.UncheckedIOException;
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
import org.naturalinversion.data.Manifest.BatchRecord;
import org.naturalinversion.method.Losses;
import org.naturalinversion.model.io.AtomicFiles;
import org.naturalinversion.model.io.AtomicFiles.Content;

/**
 * The folder that a run leaves behind:
 *
 * <pre>{@code
 * manifest.json                      what the run is, and which batches are there
 * images/<class>/<batch>-<image>.png
 * batches/<batch>.csv                the losses of every iteration
 * batches/<batch>.safetensors        where asked for
 * grid.png                           the first batch at a glance
 * losses.csv, losses.png             the losses of all batches
 * }</pre>
 *
 * Batches are added whole or not at all; one that the manifest does not name is not there. The
 * files of the last two lines follow from the others: where they are missing, or are not what
 * follows, they are drawn again, and no batch is made again for them.
 */
public final class RunDirectory {
    /** Name of the manifest. */
    public static final String MANIFEST = "manifest.json";

    static final String LOSSES = "losses.csv";
    private static final String PLOT = "losses.png";

    private final Path folder;
    private Manifest manifest;

    private RunDirectory(Path folder, Manifest manifest) {
        this.folder = folder;
        this.manifest = manifest;
    }

    /**
     * Why a run cannot be left in a folder, in one line; empty if it can.
     *
     * @param resume whether there must be a run already, which is to be completed
     */
    public static Optional<String> refusal(Path folder, boolean resume) {
        return Folders.refusal(folder, MANIFEST, "run", resume);
    }

    /**
     * The manifest of the run in a folder; empty if there is none.
     *
     * @throws DataFileException if the manifest cannot be read, or is not to be believed
     */
    public static Optional<Manifest> manifest(Path folder) {
        Path file = folder.resolve(MANIFEST);
        return Files.exists(file) ? Optional.of(Manifest.read(file)) : Optional.empty();
    }

    /** Bytes that the disk of a folder, which need not exist yet, has left. */
    public static long bytesLeft(Path folder) {
        try {
            return Files.getFileStore(Folders.nearest(folder)).getUsableSpace();
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }

    /**
     * Opens a folder to add batches to, and makes it. What a killed program left half-done is
     * removed, and batches of older versions get their tables of losses; the manifest is first
     * written by {@link #begin}. Of its batches those are kept whose files are all there and
     * unchanged.
     *
     * @param log receives notes about batches that are not kept, and about what is unknown of those
     *     that are
     * @throws UncheckedIOException if the folder cannot be made
     */
    public static RunDirectory open(Path folder, Manifest manifest, Consumer<String> log) {
        Folders.make(folder);
        sweep(folder);
        List<BatchRecord> kept = new ArrayList<>();
        for (BatchRecord batch : manifest.batches()) {
            BatchRecord held = withoutDrawings(batch);
            Optional<String> damage = damage(folder, held);
            if (damage.isEmpty()) {
                kept.add(held);
            } else {
                log.accept("batch %d is made again: %s".formatted(batch.index(), damage.get()));
            }
        }
        boolean finished = manifest.finished() && kept.size() == manifest.batches().size();
        Manifest now = manifest.batches(kept).finished(finished);
        return new RunDirectory(folder, OldLosses.divided(folder, now, log));
    }

    /** Removes drafts from the run's own folders: others below may be the runs of others. */
    private static void sweep(Path folder) {
        Path images = folder.resolve(BatchFiles.IMAGES);
        AtomicFiles.sweep(folder);
        AtomicFiles.sweep(folder.resolve(BatchFiles.BATCHES));
        if (Files.isDirectory(images)) {
            DataFile.list(images).forEach(AtomicFiles::sweep);
        }
    }

    /** Older versions count the grid among the files that hold the first batch. */
    private static BatchRecord withoutDrawings(BatchRecord batch) {
        Map<String, String> files = new LinkedHashMap<>(batch.files());
        files.remove(BatchFiles.GRID);
        return batch.files(files);
    }

    /**
     * Says in the folder which batches are there.
     *
     * @throws UncheckedIOException if that cannot be written
     */
    public void begin() {
        Folders.update(folder.resolve(MANIFEST), manifest.encode());
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
     * @param files those that hold it, by path within the run
     * @param grid drawn of it; null for none
     * @throws UncheckedIOException if something cannot be written; then the run is as it was
     */
    public void add(BatchRecord batch, Map<String, Content> files, byte[] grid) {
        Map<String, Fingerprinted> fingerprinted = new LinkedHashMap<>();
        files.forEach((name, content) -> fingerprinted.put(name, new Fingerprinted(content)));
        Supplier<Manifest> complete =
                () -> {
                    Map<String, String> fingerprints = new LinkedHashMap<>();
                    fingerprinted.forEach((name, file) -> fingerprints.put(name, file.sha256()));
                    return manifest.with(batch.files(fingerprints));
                };
        // The manifest comes last: its draft knows the other drafts' fingerprints, and it is moved
        // into place when they are there.
        Map<String, Content> all = new LinkedHashMap<>(fingerprinted);
        if (grid != null) {
            all.put(BatchFiles.GRID, Content.of(grid));
        }
        all.put(MANIFEST, channel -> Content.of(complete.get().encode()).writeTo(channel));
        write(all);
        manifest = complete.get();
    }

    /** Says in the manifest that all batches are there. */
    public void finish() {
        manifest = manifest.finished(true);
        begin();
    }

    /**
     * Draws what follows from the batches that are there: the losses, and the grid of the first.
     *
     * @param grid how it is drawn
     * @param log receives a note about what cannot be drawn; that is not a failure of the run
     */
    public void draw(BatchGrid grid, Consumer<String> log) {
        manifest.batches().stream()
                .filter(batch -> batch.index() == 0)
                .forEach(first -> drawGrid(grid, first, log));
        SortedMap<Integer, List<Losses>> histories = new TreeMap<>();
        for (BatchRecord batch : manifest.batches()) {
            String losses = BatchFiles.losses(batch.index());
            if (batch.files().containsKey(losses)) {
                histories.putAll(LossTable.read(folder.resolve(losses)));
            }
        }
        if (!histories.isEmpty()) {
            Folders.update(folder.resolve(LOSSES), LossTable.encode(histories));
            Charts.png(() -> LossPlot.draw(histories.values()), PLOT, log)
                    .ifPresent(png -> Folders.update(folder.resolve(PLOT), png));
        }
    }

    private void drawGrid(BatchGrid grid, BatchRecord first, Consumer<String> log) {
        Path file = folder.resolve(BatchFiles.GRID);
        if (!grid.isExactFrom(first) && isPicture(file)) {
            return;
        }
        try {
            grid.of(folder, first).ifPresent(png -> Folders.update(file, png));
        } catch (UncheckedIOException e) {
            throw e;
        } catch (RuntimeException e) {
            // Files whose sums are right may still be nonsense: somebody may have made both.
            log.accept("%s cannot be drawn: %s".formatted(BatchFiles.GRID, e.getMessage()));
        }
    }

    private static boolean isPicture(Path file) {
        try {
            PictureFile.read(file);
            return true;
        } catch (DataFileException e) {
            return false;
        }
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
    private static Optional<String> damage(Path folder, BatchRecord batch) {
        for (Map.Entry<String, String> entry : batch.files().entrySet()) {
            Path file = folder.resolve(entry.getKey());
            if (!Files.isRegularFile(file)) {
                return Optional.of(entry.getKey() + " is missing");
            }
            try {
                if (!Sha256.of(file).equals(entry.getValue())) {
                    return Optional.of(entry.getKey() + " has been changed");
                }
            } catch (IOException e) {
                return Optional.of(entry.getKey() + " cannot be read");
            }
        }
        return Optional.empty();
    }
}

package org.naturalinversion.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.naturalinversion.data.Manifest.BatchRecord;
import org.naturalinversion.method.Losses;
import org.naturalinversion.model.io.AtomicFiles;
import org.naturalinversion.model.io.AtomicFiles.Content;

/**
 * Runs of older versions have the losses of all batches in {@code losses.csv} alone. They are given
 * a file for each batch, as all others have.
 */
final class OldLosses {
    private OldLosses() {}

    /**
     * Divides {@code losses.csv} among the batches that have no such file yet.
     *
     * @param log receives notes about batches whose losses are not in the table; they are kept
     *     without
     * @return the manifest with these files
     */
    static Manifest divided(Path folder, Manifest manifest, Consumer<String> log) {
        if (manifest.batches().stream().allMatch(OldLosses::hasLosses)) {
            return manifest;
        }
        SortedMap<Integer, List<Losses>> table = table(folder, log);
        Map<Path, Content> files = new LinkedHashMap<>();
        List<BatchRecord> batches = new ArrayList<>();
        for (BatchRecord batch : manifest.batches()) {
            List<Losses> history = table.getOrDefault(batch.index(), List.of());
            if (hasLosses(batch)) {
                batches.add(batch);
            } else if (history.size() != batch.iterations()) {
                log.accept(
                        "the losses of batch %d are not in %s; its images are kept"
                                .formatted(batch.index(), RunDirectory.LOSSES));
                batches.add(batch);
            } else {
                String name = BatchFiles.losses(batch.index());
                byte[] bytes = LossTable.encode(new TreeMap<>(Map.of(batch.index(), history)));
                Map<String, String> named = new LinkedHashMap<>(batch.files());
                named.put(name, Sha256.of(bytes));
                files.put(folder.resolve(name), Content.of(bytes));
                batches.add(batch.files(named));
            }
        }
        Folders.make(folder.resolve(BatchFiles.BATCHES));
        AtomicFiles.write(files);
        return manifest.batches(batches).finished(manifest.finished());
    }

    private static boolean hasLosses(BatchRecord batch) {
        return batch.files().containsKey(BatchFiles.losses(batch.index()));
    }

    private static SortedMap<Integer, List<Losses>> table(Path folder, Consumer<String> log) {
        try {
            return LossTable.read(folder.resolve(RunDirectory.LOSSES));
        } catch (DataFileException e) {
            log.accept(e.getMessage());
            return new TreeMap<>();
        }
    }
}

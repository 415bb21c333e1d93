package org.naturalinversion.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.naturalinversion.model.io.AtomicFiles.Content;
import org.naturalinversion.model.io.Safetensors;
import org.naturalinversion.model.io.Weights;
import org.naturalinversion.tensor.HostTensor;

/**
 * All that training goes on from, in one file: {@code state.safetensors}. It says which epochs are
 * done, holds the best classifier beside what the next step needs, and knows the files that follow
 * from it. A sum over all of it tells whether it is as it was written.
 *
 * @param epochs that are done; the file has no times, so that the same training gives the same file
 * @param tensors all that the next step's result depends on
 * @param best the weights of the best epoch's classifier
 * @param files the SHA-256 of files that were written with it, by name
 * @param settings the sum over those that it was trained with
 */
record TrainingState(
        List<Epoch> epochs,
        Map<String, HostTensor> tensors,
        Map<String, HostTensor> best,
        Map<String, String> files,
        String settings) {
    private static final String EPOCHS = "epochs";
    private static final String SETTINGS = "settings_sha256";
    private static final String SUM = "sha256";

    /** Behind it in the metadata stands a file's name. */
    private static final String SUM_OF = "sha256 of ";

    /** Before the names of the best classifier's weights. */
    private static final String BEST = "best/";

    /** What is written. The same state always gives the same bytes. */
    Content content() {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(EPOCHS, Epoch.outcomes(epochs));
        metadata.put(SETTINGS, settings);
        files.forEach((name, sum) -> metadata.put(SUM_OF + name, sum));
        Map<String, HostTensor> all = new TreeMap<>(tensors);
        best.forEach((name, tensor) -> all.put(BEST + name, tensor));
        metadata.put(SUM, sum(metadata, all));
        return Safetensors.content(metadata, all);
    }

    /** The same, with the times of epochs. */
    TrainingState epochs(List<Epoch> timed) {
        return new TrainingState(timed, tensors, best, files, settings);
    }

    /**
     * Reads a state. Older versions wrote the tensors alone; then there are no epochs in it, and
     * nothing else.
     *
     * @throws DataFileException if it is not as it was written
     * @throws org.naturalinversion.model.io.ModelFileException if it is no such file at all
     */
    static TrainingState read(Path file) {
        Weights weights = Safetensors.read(file);
        Map<String, String> metadata = new TreeMap<>(weights.metadata());
        Map<String, HostTensor> all = new TreeMap<>(weights.tensors());
        if (metadata.isEmpty()) {
            return new TrainingState(List.of(), all, Map.of(), Map.of(), "");
        }
        String written = metadata.remove(SUM);
        if (!sum(metadata, all).equals(written)) {
            throw new DataFileException(file, "is damaged: its checksum does not match");
        }
        Map<String, HostTensor> tensors = new TreeMap<>();
        Map<String, HostTensor> best = new TreeMap<>();
        all.forEach(
                (name, tensor) -> {
                    if (name.startsWith(BEST)) {
                        best.put(name.substring(BEST.length()), tensor);
                    } else {
                        tensors.put(name, tensor);
                    }
                });
        Map<String, String> files = new TreeMap<>();
        metadata.forEach(
                (name, value) -> {
                    if (name.startsWith(SUM_OF)) {
                        files.put(name.substring(SUM_OF.length()), value);
                    }
                });
        try {
            String settings = metadata.get(SETTINGS);
            List<Epoch> epochs =
                    Epoch.parseTable(metadata.getOrDefault(EPOCHS, "").lines().toList());
            if (settings == null || settings.isEmpty() || epochs.isEmpty()) {
                throw new IllegalArgumentException("it has no settings or no epochs");
            }
            return new TrainingState(new ArrayList<>(epochs), tensors, best, files, settings);
        } catch (IllegalArgumentException e) {
            throw new DataFileException(
                    file, "is not the state of a training: " + e.getMessage(), e);
        }
    }

    private static String sum(Map<String, String> metadata, Map<String, HostTensor> tensors) {
        MessageDigest digest = Sha256.digest();
        metadata.forEach((name, value) -> digest.update(utf8(name + "\0" + value + "\0")));
        tensors.forEach(
                (name, tensor) -> {
                    digest.update(
                            utf8("%s\0%s%s\0".formatted(name, tensor.dtype(), tensor.shape())));
                    digest.update(tensor.data());
                });
        return HexFormat.of().formatHex(digest.digest());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

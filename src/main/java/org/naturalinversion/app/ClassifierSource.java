package org.naturalinversion.app;

import java.io.IOException;
import java.nio.file.Path;
import org.naturalinversion.data.Sha256;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.model.io.ModelFile;
import org.naturalinversion.model.io.ModelFileException;

/**
 * Where a classifier comes from.
 *
 * @param file its weights; or {@link Builtin#CLASSIFIER}
 * @param architecture name of an architecture of the zoo; null for the one that the weights fit
 * @param normalization what it does to pixels first; null for what the file or the reader's default
 *     says
 * @param inputSize extent of its square images in pixels; null where file or architecture say it
 */
public record ClassifierSource(
        Path file, String architecture, Normalization normalization, Integer inputSize) {
    /**
     * A classifier that has been read.
     *
     * @param name of its file
     * @param sha256 of its file
     */
    public record Loaded(Classifier classifier, String name, String sha256) {}

    /** The same classifier in another file. */
    ClassifierSource in(Path other) {
        return new ClassifierSource(other, architecture, normalization, inputSize);
    }

    /**
     * Reads the classifier.
     *
     * @throws ModelFileException if the file does not hold what is said to be in it
     * @throws UsageException if what is said makes no sense, or not enough is said
     */
    public Loaded read() {
        try {
            if (Builtin.isNamed(file)) {
                byte[] bytes = Builtin.bytes(file);
                return new Loaded(
                        read(ModelFile.of(file, bytes)), Builtin.name(file), Sha256.of(bytes));
            }
            try (ModelFile opened = ModelFile.open(file)) {
                return new Loaded(read(opened), file.getFileName().toString(), Sha256.of(file));
            }
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        } catch (IOException e) {
            throw new ModelFileException(
                    file, "cannot be read: " + ModelFileException.reason(e), e);
        }
    }

    private Classifier read(ModelFile opened) {
        return ClassifierReader.read(opened, architecture, normalization, inputSize);
    }
}

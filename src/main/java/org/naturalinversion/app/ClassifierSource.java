package org.naturalinversion.app;

import java.io.IOException;
import java.nio.file.Path;
import org.naturalinversion.data.Sha256;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;
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

    /**
     * Reads the classifier.
     *
     * @throws ModelFileException if the file does not hold what is said to be in it
     * @throws UsageException if what is said makes no sense, or not enough is said
     */
    public Loaded read() {
        return Builtin.isNamed(file)
                ? Builtin.read(file, unpacked -> read(unpacked, Builtin.name(file)))
                : read(file, file.getFileName().toString());
    }

    private Loaded read(Path from, String name) {
        try {
            Classifier classifier =
                    ClassifierReader.read(from, architecture, normalization, inputSize);
            return new Loaded(classifier, name, Sha256.of(from));
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        } catch (IOException e) {
            throw new ModelFileException(
                    from, "cannot be read: " + ModelFileException.reason(e), e);
        }
    }
}

package org.naturalinversion.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.naturalinversion.data.Sha256;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.io.ClassifierWriter;
import org.naturalinversion.model.io.ModelFileException;
import org.naturalinversion.model.io.onnx.OnnxWriter;
import org.naturalinversion.model.zoo.Zoo;

/**
 * A classifier, written for others.
 *
 * @param source the classifier
 * @param out the file; its name says the format
 * @param fold whether BatchNorm layers are multiplied into the weights before them
 * @param force whether the file may be there already, and is replaced
 */
public record Export(ClassifierSource source, Path out, boolean fold, boolean force) {
    /** What can be written; a file's extension is the name in small letters. */
    public enum Format {
        /** The whole network. */
        ONNX,
        /** Weights, and what the zoo needs to make the network of them. */
        SAFETENSORS;

        private String extension() {
            return "." + toString();
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What was written.
     *
     * @param sha256 of the file
     * @param bytes its size
     * @param architecture the network's name
     * @param parameters trained numbers of the classifier, running statistics not counted
     * @param nodes operators in an ONNX graph; null for safetensors
     * @param bnKept BatchNorm layers in an ONNX graph; null for safetensors
     * @param bnFolded BatchNorm layers multiplied into weights; null for safetensors
     */
    public record Result(
            Path out,
            String format,
            String sha256,
            long bytes,
            String architecture,
            long parameters,
            Integer nodes,
            Integer bnKept,
            Integer bnFolded) {}

    /** Everything that makes no sense, a line each. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (out == null) {
            problems.add("--out is missing: the file to write, .onnx or .safetensors");
        } else if (format() == null) {
            problems.add("--out must end in .onnx or .safetensors: " + out);
        } else if (format() == Format.SAFETENSORS && fold) {
            problems.add("--fold is for .onnx only: safetensors keeps the weights unchanged");
        } else if (!force && Files.exists(out, LinkOption.NOFOLLOW_LINKS)) {
            problems.add(out + " already exists; --force replaces it");
        }
        return problems;
    }

    /** What the name of the file says; null if nothing that can be written. */
    private Format format() {
        String name = out.toString().toLowerCase(Locale.ROOT);
        for (Format format : Format.values()) {
            if (name.endsWith(format.extension())) {
                return format;
            }
        }
        return null;
    }

    /**
     * Reads the classifier and writes the file, whole or not at all.
     *
     * @throws UsageException if there are problems, or the format cannot hold this classifier
     * @throws UncheckedIOException if the file cannot be written
     */
    public Result run() {
        UsageException.throwIf(problems());
        Classifier classifier = source.read().classifier();
        return switch (format()) {
            case ONNX -> onnx(classifier);
            case SAFETENSORS -> safetensors(classifier);
        };
    }

    private Result onnx(Classifier classifier) {
        try {
            OnnxWriter.Written written = OnnxWriter.write(out, classifier, fold);
            return result(
                    classifier,
                    written.nodes(),
                    written.batchNormsKept(),
                    written.batchNormsFolded());
        } catch (IllegalArgumentException e) {
            throw new UsageException("%s: %s".formatted(out, e.getMessage()));
        }
    }

    private Result safetensors(Classifier classifier) {
        String name = classifier.architecture().name();
        if (!Zoo.names().contains(name)) {
            throw new UsageException(
                    ("%s: safetensors contains weights only, and '%s' is not an architecture of"
                                    + " the zoo that could take them; write .onnx")
                            .formatted(out, name));
        }
        ClassifierWriter.write(out, classifier);
        return result(classifier, null, null, null);
    }

    private Result result(
            Classifier classifier,
            Integer nodes,
            Integer batchNormsKept,
            Integer batchNormsFolded) {
        try {
            return new Result(
                    out,
                    format().toString(),
                    Sha256.of(out),
                    Files.size(out),
                    classifier.architecture().name(),
                    Inspection.of(classifier).parameters(),
                    nodes,
                    batchNormsKept,
                    batchNormsFolded);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    out + ": cannot be read again: " + ModelFileException.reason(e), e);
        }
    }
}

package org.naturalinversion.model.io;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.tensor.HostTensor;

/** Writes classifiers of the zoo so that {@link ClassifierReader} needs nothing but the file. */
public final class ClassifierWriter {
    private ClassifierWriter() {}

    /** Writes safetensors, whole or not at all. */
    public static void write(Path file, Classifier classifier) {
        AtomicFiles.write(file, content(classifier));
    }

    /** What {@link #write} writes, to be written together with other files. */
    public static AtomicFiles.Content content(Classifier classifier) {
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        ClassifierReader.expected(classifier.architecture())
                .forEach((name, shape) -> weights.put(name, classifier.weights().get(name)));
        return Safetensors.content(ClassifierMetadata.of(classifier), weights);
    }
}

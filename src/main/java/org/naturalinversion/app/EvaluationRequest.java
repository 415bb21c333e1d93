package org.naturalinversion.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.Precision;

/**
 * Which images are to be measured against which classifier.
 *
 * @param data a file or folder of labelled images
 * @param limit number of images, from the first; null for all
 * @param batch how many are looked at together, and how many the BatchNorm distance is of
 * @param backend name of the backend
 * @param threads worker threads; 0 for as many as there are cores
 */
public record EvaluationRequest(
        ClassifierSource classifier,
        Path data,
        Integer limit,
        int batch,
        Precision precision,
        String backend,
        int threads) {

    /** Everything that is wrong with the request itself, a line each. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (data == null) {
            problems.add("--data is missing: a file or folder of labelled images");
        }
        if (limit != null && limit < 1) {
            problems.add("--limit must be at least 1, not " + limit);
        }
        if (batch < 1) {
            problems.add("--batch must be at least 1, not " + batch);
        }
        return problems;
    }
}

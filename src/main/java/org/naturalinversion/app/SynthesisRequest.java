package org.naturalinversion.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.data.RunDirectory;
import org.naturalinversion.method.Settings;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.Normalization;

/**
 * What is to be synthesized.
 *
 * @param teacher the classifier to invert
 * @param verifier another classifier that looks at the images; null for none
 * @param method how images are made
 * @param autoBatch whether a batch is as large as fits into memory, whatever the method says
 * @param concurrent how many batches are made at once
 * @param allowMissingBn whether to go on where BatchNorm layers, or statistics of theirs, are
 *     missing
 * @param quantity how many, and of what
 * @param seed of all that is drawn
 * @param backend name of a backend, or {@link Backends#AUTO}
 * @param threads worker threads; 0 for as many as there are cores
 * @param output what is left behind, and where
 */
public record SynthesisRequest(
        ClassifierSource teacher,
        ClassifierSource verifier,
        Settings method,
        boolean autoBatch,
        int concurrent,
        boolean allowMissingBn,
        Quantity quantity,
        long seed,
        String backend,
        int threads,
        Output output) {

    /**
     * How many images, and of what: one batch of all classes unless said otherwise.
     *
     * @param images of the whole run, or null
     * @param perClass images of each class, or null
     * @param classes those that are wanted; empty for all
     */
    public record Quantity(Integer images, Integer perClass, List<Integer> classes) {
        /** More than any run takes, and few enough to count batches and bytes with. */
        private static final int MOST_IMAGES = 100_000_000;

        /** The classes that are wanted of a classifier. */
        List<Integer> classesOf(Classifier classifier) {
            return classes.isEmpty()
                    ? IntStream.range(0, classifier.classes()).boxed().toList()
                    : classes;
        }

        /** How many images that makes. */
        int total(Classifier classifier, int batch) {
            if (perClass != null) {
                long total = (long) perClass * classesOf(classifier).size();
                if (total > MOST_IMAGES) {
                    throw new UsageException(
                            "--per-class %d makes %,d images, more than %,d in one run"
                                    .formatted(perClass, total, MOST_IMAGES));
                }
                return (int) total;
            }
            return images != null ? images : batch;
        }

        private void describe(List<String> problems) {
            if (images != null && perClass != null) {
                problems.add("--images and --per-class cannot be combined");
            }
            atLeastOne(problems, "images", images);
            if (images != null && images > MOST_IMAGES) {
                problems.add(
                        "--images must be at most %,d, not %,d".formatted(MOST_IMAGES, images));
            }
            atLeastOne(problems, "per-class", perClass);
            if (classes.stream().anyMatch(c -> c < 0)) {
                problems.add("--classes must be 0 or more, not " + classes);
            }
            if (new HashSet<>(classes).size() < classes.size()) {
                problems.add("--classes must not repeat: " + classes);
            }
        }
    }

    /**
     * What is left behind.
     *
     * @param folder of the run; null for a new one in {@code runs}
     * @param resume whether the folder holds this run already, to be completed
     * @param formats what is written of every batch
     * @param stretched whether the grid shows every image stretched to its own range
     */
    public record Output(Path folder, boolean resume, Set<Format> formats, boolean stretched) {
        private void describe(List<String> problems) {
            if (formats.isEmpty()) {
                problems.add("--format must be png, raw, or both");
            }
            if (folder != null) {
                RunDirectory.refusal(folder, resume).ifPresent(problems::add);
            } else if (resume) {
                problems.add("--resume needs --out, the folder of the run");
            }
        }
    }

    /** What is wrong with this request, as far as is known without its classifiers. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>(method.problems());
        atLeastOne(problems, "concurrent", concurrent);
        quantity.describe(problems);
        output.describe(problems);
        return problems;
    }

    private static void atLeastOne(List<String> problems, String name, Integer value) {
        if (value != null && value < 1) {
            problems.add("--%s must be at least 1, not %d".formatted(name, value));
        }
    }

    /** The same with a number of images and a method that follow from what could not be known. */
    SynthesisRequest with(int images, Settings resolved) {
        return new SynthesisRequest(
                teacher,
                verifier,
                resolved,
                false,
                concurrent,
                allowMissingBn,
                new Quantity(images, null, quantity.classes()),
                seed,
                backend,
                threads,
                output);
    }

    /**
     * All settings by the names that flags and settings files have for them, resolved: what was
     * left to a default or to a file is said.
     *
     * @param classifier the teacher
     * @param backendName what {@link #backend} turned out to be
     */
    Map<String, Object> settings(Classifier classifier, String backendName) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("teacher", Runs.named(teacher.file()));
        all.put("arch", classifier.architecture().name());
        all.put("mean", classifier.normalization().mean());
        all.put("std", classifier.normalization().deviation());
        all.put("input-size", classifier.input().height());
        all.put("images", quantity.total(classifier, method.batch()));
        if (!quantity.classes().isEmpty()) {
            all.put("classes", quantity.classes());
        }
        all.put("seed", seed);
        all.putAll(method.values());
        all.put("allow-missing-bn", allowMissingBn);
        all.put("precision", method.precision().toString());
        all.put("backend", backendName);
        if (threads > 0) {
            all.put("threads", threads);
        }
        if (concurrent > 1) {
            all.put("concurrent", concurrent);
        }
        all.put("format", output.formats().stream().sorted().map(Format::toString).toList());
        all.put("stretched", output.stretched());
        if (verifier != null) {
            all.put("verifier", Runs.named(verifier.file()));
            if (verifier.architecture() != null) {
                all.put("verifier-arch", verifier.architecture());
            }
            Stream.of(Normalization.Preset.values())
                    .filter(preset -> preset.normalization().equals(verifier.normalization()))
                    .forEach(preset -> all.put("verifier-normalize", preset.toString()));
        }
        return all;
    }
}

package org.naturalinversion.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.naturalinversion.app.Doctor.Finding;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Inversion;
import org.naturalinversion.method.Losses;
import org.naturalinversion.method.Settings;
import org.naturalinversion.model.Classifier;

/**
 * The whole method, briefly: a few iterations of a small batch with the embedded classifier. All
 * that is drawn depends on the seed alone, so every backend begins with the same numbers, and what
 * they end with must be alike.
 */
final class ShortRun {
    private static final int BATCH = 16;
    private static final long SEED = 1;

    /**
     * The iterations, counted from 1, whose losses are compared, and how far apart they may be in
     * float32. The first shows the forward pass, the second the gradients. Adam's first steps go by
     * little more than signs, so that roundings grow: after six, two instruction sets of one
     * processor are up to 2e-3 apart (cross-entropy 2e-2, images 3e-2), where it was 4e-7 in the
     * first.
     */
    private static final Map<Integer, Double> F32 = new LinkedHashMap<>();

    static {
        F32.put(1, 1e-4);
        F32.put(2, 1e-3);
        F32.put(6, 1e-2);
    }

    private static final int LAST = 6;
    private static final double F32_IMAGES = 0.1;

    /** In less than float32: at most 5e-3 was seen (cross-entropy 4e-2, images 0.13). */
    private static final double ROUNDED = 0.02;

    private static final double ROUNDED_IMAGES = 0.4;

    /** By so much more the last cross-entropy may be off: a small term that nothing holds yet. */
    private static final double CROSS_ENTROPY = 10;

    private final Classifier teacher =
            new ClassifierSource(Path.of(Builtin.CLASSIFIER), null, null, null).read().classifier();

    /** Makes the run. */
    Batch on(Engine engine, Precision precision) {
        Settings settings =
                Settings.PAPER_CIFAR10.batch(BATCH).iterations(LAST).precision(precision);
        List<Integer> targets =
                IntStream.range(0, BATCH).mapToObj(i -> i % teacher.classes()).toList();
        try (Inversion inversion = new Inversion(engine, teacher, settings)) {
            return inversion.run(SEED, 0, targets, (iterations, losses) -> {});
        }
    }

    /** Compares a run, made in a precision, with the reference, made in float32. */
    static List<Finding> compare(Batch run, Batch reference, Precision precision) {
        boolean f32 = precision == Precision.F32;
        List<Finding> findings = new ArrayList<>();
        F32.forEach(
                (iteration, tolerance) -> {
                    Map<String, Float> is = terms(run.history().get(iteration - 1));
                    Map<String, Float> should = terms(reference.history().get(iteration - 1));
                    double bound = f32 ? tolerance : ROUNDED;
                    is.forEach(
                            (term, value) ->
                                    findings.add(
                                            finding(
                                                    "run %s iteration %d: %s"
                                                            .formatted(precision, iteration, term),
                                                    new float[] {value},
                                                    new float[] {should.get(term)},
                                                    iteration == LAST && term.equals("ce")
                                                            ? CROSS_ENTROPY * bound
                                                            : bound)));
                });
        findings.add(
                finding(
                        "run %s iteration %d: images".formatted(precision, LAST),
                        run.images().toFloats(),
                        reference.images().toFloats(),
                        f32 ? F32_IMAGES : ROUNDED_IMAGES));
        return findings;
    }

    private static Map<String, Float> terms(Losses losses) {
        Map<String, Float> terms = new LinkedHashMap<>();
        terms.put("total", losses.total());
        terms.put("ce", losses.crossEntropy());
        terms.put("bn", losses.batchNorm());
        terms.put("tv", losses.totalVariation());
        terms.put("l2", losses.l2());
        return terms;
    }

    private static Finding finding(String name, float[] is, float[] should, double tolerance) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < should.length; i++) {
            difference += Math.pow((double) is[i] - should[i], 2);
            norm += Math.pow(should[i], 2);
        }
        return Finding.of(name, "", Math.sqrt(difference / norm), tolerance);
    }
}

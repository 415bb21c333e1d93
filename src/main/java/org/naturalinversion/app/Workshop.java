package org.naturalinversion.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.data.Manifest;
import org.naturalinversion.data.PixelSpace;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Inversion;
import org.naturalinversion.method.Settings;
import org.naturalinversion.metric.Evaluator;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.HostTensor;

/**
 * Makes batches on an engine of its own: the inversion of the teacher, and classifiers that look.
 */
final class Workshop implements Maker {
    private record Judge(String name, Normalization normalization, Evaluator evaluator) {}

    private final Engine engine;
    private final long seed;
    private final Normalization normalization;
    private final Inversion inversion;
    private final List<Judge> judges = new ArrayList<>();

    /**
     * Compiles all that is needed, which takes all the memory that there will be.
     *
     * @param engine closed with this, or if this fails
     * @param verifier a classifier of images of the same size; null for none
     */
    Workshop(Engine engine, Classifier teacher, Classifier verifier, Settings settings, long seed) {
        this.engine = engine;
        this.seed = seed;
        normalization = teacher.normalization();
        try {
            inversion = new Inversion(engine, teacher, settings);
            add(Manifest.TEACHER, teacher, settings.batch());
            if (verifier != null) {
                add(Manifest.VERIFIER, verifier, settings.batch());
            }
        } catch (RuntimeException e) {
            engine.close();
            throw e;
        }
    }

    private void add(String name, Classifier classifier, int batch) {
        Evaluator evaluator = new Evaluator(engine, classifier, batch);
        judges.add(new Judge(name, classifier.normalization(), evaluator));
    }

    @Override
    public Batch make(int index, List<Integer> targets, Inversion.Listener listener) {
        return inversion.run(seed, index, targets, listener);
    }

    @Override
    public Look look(Batch batch) {
        HostTensor rounded = PixelSpace.rounded(batch.images(), normalization);
        HostTensor teacherLogits = null;
        Map<String, Integer> correct = new LinkedHashMap<>();
        for (Judge judge : judges) {
            HostTensor logits = judge(judge, batch.images());
            teacherLogits = teacherLogits == null ? logits : teacherLogits;
            correct.put(judge.name(), Evaluator.correct(logits, batch.targets()));
            correct.put(
                    judge.name() + Manifest.PNG,
                    Evaluator.correct(judge(judge, rounded), batch.targets()));
        }
        return new Look(teacherLogits, correct);
    }

    private HostTensor judge(Judge judge, HostTensor images) {
        return judge.evaluator()
                .logits(PixelSpace.convert(images, normalization, judge.normalization()));
    }

    /** Bytes of native memory that this holds. */
    long memoryBytes() {
        return inversion.memoryBytes()
                + judges.stream().mapToLong(judge -> judge.evaluator().memoryBytes()).sum();
    }

    @Override
    public void close() {
        judges.forEach(judge -> judge.evaluator().close());
        inversion.close();
        engine.close();
    }
}

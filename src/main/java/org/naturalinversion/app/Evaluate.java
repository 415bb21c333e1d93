package org.naturalinversion.app;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.naturalinversion.data.DataFileException;
import org.naturalinversion.data.ImageSet;
import org.naturalinversion.data.ImageSets;
import org.naturalinversion.data.Part;
import org.naturalinversion.data.PixelSpace;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.metric.BatchNormDistances;
import org.naturalinversion.metric.Evaluator;
import org.naturalinversion.metric.Score;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.io.ModelFileException;
import org.naturalinversion.tensor.HostTensor;

/** Measures labelled images against a classifier, and so a classifier by images. */
public final class Evaluate {
    private final EvaluationRequest request;
    private final Watcher watcher;
    private final Classifier classifier;
    private final ImageSet set;
    private final int images;
    private final int batch;

    /**
     * Looks at all images, of a folder with two parts at those to test with.
     *
     * @return empty if the watcher stopped it
     * @throws UsageException if the request makes no sense, or images and classifier do not fit
     * @throws ModelFileException if the classifier cannot be read
     * @throws DataFileException if an image cannot be read
     * @throws NoBackendException if the backend cannot be had
     * @throws ArithmeticException if the classifier's logits are not finite
     */
    public static Optional<EvaluationResult> run(EvaluationRequest request, Watcher watcher) {
        UsageException.throwIf(request.problems());
        Evaluate evaluation = new Evaluate(request, watcher);
        JavaHeap.require(evaluation.batch, evaluation.classifier.input());
        return TooLarge.told(evaluation.batch, 1, evaluation::run);
    }

    private Evaluate(EvaluationRequest request, Watcher watcher) {
        this.request = request;
        this.watcher = watcher;
        classifier = request.classifier().read().classifier();
        set = fitted(ImageSets.open(request.data(), Part.TEST));
        images = request.limit() == null ? set.size() : Math.min(request.limit(), set.size());
        batch = Math.min(request.batch(), images);
        if (request.classifier().normalization() == null) {
            watcher.note(
                    "normalising pixels with mean %s and std %s"
                            .formatted(
                                    classifier.normalization().mean(),
                                    classifier.normalization().deviation()));
        }
    }

    private ImageSet fitted(ImageSet found) {
        ImageSize wanted = classifier.input();
        int classes = found.classes().size();
        if (classes > classifier.classes()) {
            throw new UsageException(
                    "the images of %s have %d classes, the classifier has %d"
                            .formatted(request.data(), classes, classifier.classes()));
        }
        if (wanted.channels() != 1 && wanted.channels() != 3) {
            throw new UsageException(
                    "the classifier takes images of %d channels, pictures have 1 or 3"
                            .formatted(wanted.channels()));
        }
        ImageSet numbered = ImageSets.numbered(found, classifier.classes());
        if (numbered.classes().size() < classifier.classes()) {
            watcher.warn(
                    "the images have %d classes, assumed to be the first of the classifier's %d"
                            .formatted(classes, classifier.classes()));
        }
        if (!found.imageSize().equals(wanted)) {
            watcher.note(
                    "resizing the images from %s to the classifier's %s"
                            .formatted(found.imageSize(), wanted));
        }
        return numbered.fitted(wanted);
    }

    private Optional<EvaluationResult> run() {
        try (Engine engine = Backends.open(request.backend(), request.threads(), watcher::note)) {
            long start = System.nanoTime();
            OptionalDouble distance =
                    BatchNormDistances.of(engine, classifier, pixels(0), request.precision());
            Optional<Score> score = score(engine);
            double seconds = (System.nanoTime() - start) / 1e9;
            return score.map(s -> result(s, distance, seconds, engine));
        }
    }

    private Optional<Score> score(Engine engine) {
        Score score = new Score(classifier.classes());
        watcher.begin("image", images);
        try (Evaluator evaluator = new Evaluator(engine, classifier, batch, request.precision())) {
            for (int from = 0; from < images; from += batch) {
                if (watcher.wantsStop()) {
                    return Optional.empty();
                }
                score.add(
                        evaluator.logits(pixels(from)),
                        IntStream.of(indices(from)).map(set::label).toArray());
                double accuracy = score.accuracy().orElseThrow();
                watcher.advance(score.images(), "accuracy %.2f %%".formatted(100 * accuracy));
            }
            return Optional.of(score);
        } finally {
            watcher.end();
        }
    }

    private HostTensor pixels(int from) {
        return PixelSpace.batch(set, indices(from), classifier.normalization());
    }

    private int[] indices(int from) {
        return IntStream.range(from, Math.min(images, from + batch)).toArray();
    }

    private EvaluationResult result(
            Score score, OptionalDouble distance, double seconds, Engine engine) {
        List<EvaluationResult.OfClass> perClass =
                IntStream.range(0, set.classes().size())
                        .filter(label -> score.images(label) > 0)
                        .mapToObj(
                                label ->
                                        new EvaluationResult.OfClass(
                                                label,
                                                set.classes().get(label),
                                                score.images(label),
                                                score.accuracy(label).orElseThrow()))
                        .toList();
        return new EvaluationResult(
                images,
                score.accuracy().orElseThrow(),
                score.crossEntropy().orElseThrow(),
                distance.isPresent() ? distance.getAsDouble() : null,
                batch,
                perClass,
                seconds,
                images / seconds,
                engine.description().backend(),
                engine.description().device(),
                request.precision().toString());
    }
}

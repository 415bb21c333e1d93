package org.naturalinversion.app;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.data.Claim;
import org.naturalinversion.data.DataFileException;
import org.naturalinversion.data.Epoch;
import org.naturalinversion.data.ImageSet;
import org.naturalinversion.data.ImageSets;
import org.naturalinversion.data.Loader;
import org.naturalinversion.data.Part;
import org.naturalinversion.data.PixelSpace;
import org.naturalinversion.data.PixelStatistics;
import org.naturalinversion.data.TrainingFolder;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.metric.Evaluator;
import org.naturalinversion.metric.Score;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.zoo.Zoo;
import org.naturalinversion.train.Trainer;
import org.naturalinversion.train.TrainingSettings;

/** Trains a classifier of the zoo on labelled images, epoch by epoch, and leaves a folder. */
public final class Train {
    private static final int TEST_BATCH = 250;

    private final TrainRequest request;
    private final Watcher watcher;
    private final ImageSet images;
    private final ImageSet tests;
    private final Architecture architecture;
    private final Normalization normalization;
    private final Path folder;

    /**
     * Trains until all epochs are done or the watcher stops it.
     *
     * @throws UsageException if the request makes no sense; the message names every problem
     * @throws DataFileException if images cannot be read, or a training cannot be continued
     * @throws NoBackendException if the backend cannot be had
     * @throws OutOfMemoryException if it has too little memory
     * @throws java.io.UncheckedIOException if something cannot be written; finished epochs stay
     */
    public static TrainResult run(TrainRequest request, Watcher watcher) {
        UsageException.throwIf(request.problems());
        try (Claim claim =
                Runs.claim(
                        request.folder(),
                        request.architecture(),
                        folder -> TrainingFolder.refusal(folder, request.resume()),
                        watcher::note)) {
            long start = System.nanoTime();
            Train train = new Train(request, watcher, claim.folder());
            int batch = request.settings().batch();
            JavaHeap.require(batch, train.images.imageSize());
            return TooLarge.told(batch, TrainingSettings.LEAST_BATCH, () -> train.run(start));
        }
    }

    private Train(TrainRequest request, Watcher watcher, Path folder) {
        this.request = request;
        this.watcher = watcher;
        this.folder = folder;
        requireThere("data", request.data());
        requireThere("test", request.test());
        ImageSet found = ImageSets.open(request.data(), Part.TRAIN);
        Integer extent = request.inputSize();
        images =
                extent == null
                        ? found
                        : found.fitted(new ImageSize(extent, extent, found.imageSize().channels()));
        ImageSet unmatched = fitted(tests());
        try {
            architecture =
                    Zoo.find(request.architecture(), images.classes().size(), images.imageSize());
            normalization =
                    request.normalization() == null
                            ? PixelStatistics.of(images)
                            : request.normalization().forChannels(images.imageSize().channels());
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
        UsageException.throwIf(problems(unmatched));
        Path from = request.test() == null ? request.data() : request.test();
        tests = ImageSets.matched(from, unmatched, images.classes());
    }

    /** Refuses a missing path that the resumed training names. */
    private void requireThere(String setting, Path path) {
        if (path != null
                && !Files.exists(path)
                && TrainingFolder.names(folder, setting, path.toString())) {
            throw new DataFileException(
                    path, Runs.moved(folder.resolve(TrainingFolder.RECORD), setting));
        }
    }

    private ImageSet tests() {
        if (request.test() != null) {
            return ImageSets.open(request.test(), Part.TEST);
        }
        if (!ImageSets.parts(request.data()).contains(Part.TEST)) {
            throw new UsageException("%s has no test part; use --test".formatted(request.data()));
        }
        return ImageSets.open(request.data(), Part.TEST);
    }

    /** The test images as the classifier takes them. */
    private ImageSet fitted(ImageSet set) {
        if (!set.imageSize().equals(images.imageSize())) {
            watcher.note(
                    "resizing test images from %s to %s"
                            .formatted(set.imageSize(), images.imageSize()));
        }
        return set.fitted(images.imageSize());
    }

    private List<String> problems(ImageSet tests) {
        List<String> problems = new ArrayList<>();
        if (tests.classes().size() > images.classes().size()) {
            problems.add(
                    "the test images have %d classes, the training images %d"
                            .formatted(tests.classes().size(), images.classes().size()));
        }
        if (images.size() < request.settings().batch()) {
            problems.add(
                    "there are %d images, too few for a batch of %d"
                            .formatted(images.size(), request.settings().batch()));
        }
        return problems;
    }

    private TrainResult run(long start) {
        try (Engine engine = Backends.open(request.backend(), request.threads(), watcher::note);
                Loader loader =
                        new Loader(
                                images,
                                normalization,
                                request.augmentation(),
                                request.settings().batch(),
                                request.settings().seed());
                Trainer trainer =
                        new Trainer(engine, architecture, request.settings(), loader.batches())) {
            requireRoomToTest(engine, trainer);
            TrainingFolder training = TrainingFolder.open(folder, record(engine.description()));
            int before = training.epochs().size();
            if (before > 0) {
                restore(trainer, training, loader.batches());
                watcher.note("continuing after epoch " + before);
            }
            epochs(engine, loader, trainer, training);
            return result(
                    training,
                    training.epochs().subList(before, training.epochs().size()),
                    loader.batches(),
                    trainer,
                    engine.description(),
                    (System.nanoTime() - start) / 1e9);
        }
    }

    /** A test begins when an epoch is done: too little memory for it should show before. */
    private void requireRoomToTest(Engine engine, Trainer trainer) {
        Classifier classifier = trainer.classifier(normalization);
        try (Evaluator planned = new Evaluator(engine.dry(), classifier, TEST_BATCH)) {
            FreeMemory free = engine.freeMemory();
            if (planned.memoryBytes() > free.bytes()) {
                throw new OutOfMemoryException(
                        "the test needs %s more, but only %s"
                                .formatted(FreeMemory.megabytes(planned.memoryBytes()), free));
            }
        }
    }

    private void epochs(Engine engine, Loader loader, Trainer trainer, TrainingFolder training) {
        int before = training.epochs().size();
        int wanted = request.settings().epochs();
        watcher.begin("step", (long) (wanted - before) * loader.batches());
        try {
            for (int number = before + 1; number <= wanted; number++) {
                long done = (long) (number - before - 1) * loader.batches();
                long start = System.nanoTime();
                if (!epoch(loader, trainer, training, number, done)) {
                    return;
                }
                double seconds = (System.nanoTime() - start) / 1e9;
                Classifier classifier = trainer.classifier(normalization);
                Score score = test(engine, classifier);
                Epoch epoch =
                        new Epoch(
                                number,
                                trainer.meanLoss(),
                                score.crossEntropy().orElseThrow(),
                                score.accuracy().orElseThrow(),
                                seconds);
                training.add(epoch, classifier, trainer.state(), watcher::note);
                watcher.note(
                        "epoch %d of %d: loss %.4f, test loss %.4f, test accuracy %.2f %%, %.1f s"
                                .formatted(
                                        number,
                                        wanted,
                                        epoch.loss(),
                                        epoch.testLoss(),
                                        100 * epoch.testAccuracy(),
                                        seconds));
            }
        } finally {
            watcher.end();
        }
    }

    /** Trains on every image once, unless the watcher stops it; says whether it did not. */
    private boolean epoch(
            Loader loader, Trainer trainer, TrainingFolder training, int number, long done) {
        String detail =
                training.epochs().isEmpty()
                        ? "epoch " + number
                        : "epoch %d, best so far %.2f %%"
                                .formatted(
                                        number, 100 * training.best().orElseThrow().testAccuracy());
        long steps = done;
        for (Loader.Batch batch : loader.epoch(number)) {
            if (watcher.wantsStop()) {
                return false;
            }
            trainer.step(batch.images(), batch.labels());
            steps++;
            watcher.advance(steps, detail);
        }
        return true;
    }

    private Score test(Engine engine, Classifier classifier) {
        Score score = new Score(classifier.classes());
        try (Evaluator evaluator = new Evaluator(engine, classifier, TEST_BATCH)) {
            for (int from = 0; from < tests.size(); from += TEST_BATCH) {
                int[] indices =
                        IntStream.range(from, Math.min(tests.size(), from + TEST_BATCH)).toArray();
                score.add(
                        evaluator.logits(PixelSpace.batch(tests, indices, normalization)),
                        IntStream.of(indices).map(tests::label).toArray());
            }
        }
        return score;
    }

    private void restore(Trainer trainer, TrainingFolder training, int stepsPerEpoch) {
        try {
            trainer.restore(training.state());
        } catch (IllegalArgumentException e) {
            throw new DataFileException(
                    folder, "cannot be continued, its state does not fit: " + e.getMessage(), e);
        }
        training.requireSteps(trainer.steps(), stepsPerEpoch);
        training.restore(trainer.classifier(normalization), watcher::note);
    }

    private TrainingFolder.Record record(Description description) {
        return new TrainingFolder.Record(
                Runs.software(),
                Runs.backend(description),
                request.settings(normalization, description.backend()),
                images.classes(),
                images.size(),
                tests.size());
    }

    private TrainResult result(
            TrainingFolder training,
            List<Epoch> now,
            int steps,
            Trainer trainer,
            Description description,
            double seconds) {
        List<Epoch> epochs = training.epochs();
        Epoch last = epochs.isEmpty() ? null : epochs.get(epochs.size() - 1);
        Inspection inspection = Inspection.of(trainer.classifier(normalization));
        Double perEpoch =
                now.isEmpty()
                        ? null
                        : Double.valueOf(
                                now.stream().mapToDouble(Epoch::seconds).sum() / now.size());
        OptionalLong peak = PeakMemory.bytes();
        return new TrainResult(
                epochs.size() == request.settings().epochs(),
                folder,
                last == null ? null : training.bestFile(),
                epochs.size(),
                request.settings().epochs(),
                last == null ? null : last.testAccuracy(),
                training.best().map(Epoch::testAccuracy).orElse(null),
                last == null ? null : last.testLoss(),
                seconds,
                perEpoch,
                perEpoch == null ? null : steps * request.settings().batch() / perEpoch,
                perEpoch == null ? null : steps * trainer.flops() / perEpoch / 1e9,
                inspection.parameters(),
                inspection.macs(),
                peak.isPresent() ? peak.getAsLong() : null,
                description.backend(),
                description.device(),
                request.settings().precision().toString());
    }
}

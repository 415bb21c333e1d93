package org.naturalinversion.app;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.data.BatchFiles;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.data.Manifest;
import org.naturalinversion.data.Manifest.BatchRecord;
import org.naturalinversion.data.RunDirectory;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.method.Settings;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ModelFileException;

/** Inverts a classifier: makes labelled images, batch by batch, and leaves a run directory. */
public final class Synthesize {
    private static final Normalization IMAGENET = Normalization.Preset.IMAGENET.normalization();

    /** What a file takes on the disk beyond its bytes, and what a row of losses takes. */
    private static final long FILE_BYTES = 4096;

    private static final long ROW_BYTES = 80;

    /** More than any memory, and little enough to be multiplied. */
    private static final long TOO_MUCH = Long.MAX_VALUE >> 16;

    private final SynthesisRequest request;
    private final Watcher watcher;
    private final ClassifierSource.Loaded teacher;
    private final Classifier verifier;
    private final int images;
    private final Path folder;

    /**
     * Runs until all images are there or the watcher stops it.
     *
     * @throws UsageException if the request makes no sense; the message names every problem
     * @throws ModelFileException if a classifier cannot be read or not be inverted
     * @throws NoBackendException if the backend cannot be had
     * @throws org.naturalinversion.backend.OutOfMemoryException if it has not enough memory
     * @throws org.naturalinversion.backend.BackendException if it fails; finished batches stay
     * @throws java.io.UncheckedIOException if something cannot be written; finished batches stay
     */
    public static SynthesisResult run(SynthesisRequest request, Watcher watcher) {
        UsageException.throwIf(request.problems());
        return new Synthesize(request, watcher).run(System.nanoTime());
    }

    private Synthesize(SynthesisRequest request, Watcher watcher) {
        this.request = request;
        this.watcher = watcher;
        teacher = request.teacher().read();
        if (request.teacher().normalization() == null
                && teacher.classifier().normalization().equals(IMAGENET)) {
            watcher.note(
                    "taking the teacher to see pixels normalised as for ImageNet;"
                            + " --normalize, or --mean and --std, say otherwise");
        }
        verifier = request.verifier() == null ? null : readVerifier();
        images = request.quantity().total(teacher.classifier(), request.method().batch());
        folder =
                request.output().folder() != null
                        ? request.output().folder()
                        : Runs.newFolder(teacher.name().replaceFirst("\\.[^.]*$", ""));
        UsageException.throwIf(problems());
        requireInvertible();
    }

    private void requireInvertible() {
        Inspection inspection = Inspection.of(teacher.classifier());
        boolean noPyramid = request.method().parts().ftp() && inspection.lacksTaps();
        if (noPyramid || inspection.lacksBatchNorm() && !request.allowMissingBn()) {
            throw new ModelFileException(
                    request.teacher().file(), "cannot be inverted: " + inspection.reason());
        }
        if (inspection.lacksBatchNorm()) {
            watcher.note(
                    "warning: the images are held to the statistics of %d of %d BatchNorm layers"
                            .formatted(
                                    inspection.bnLayers() - inspection.bnProblems().size(),
                                    inspection.bnLayers()));
        }
    }

    private SynthesisResult run(long start) {
        try (Engine engine = open(watcher::note)) {
            Settings method = request.method().batch(batch(engine));
            Targets targets = targets(method.batch());
            Manifest manifest = manifest(method, engine.description());
            try (Crew crew = crew(engine, method)) {
                RunDirectory run = RunDirectory.open(folder, manifest, watcher::note);
                Production production =
                        new Production(run, targets, method.iterations(), files(), crew, watcher);
                long began = System.nanoTime();
                boolean finished = production.complete();
                double rate = production.iterationsDone() / seconds(began);
                run.drawLosses(watcher::note);
                return result(run.manifest(), targets.batches(), finished, rate, seconds(start));
            }
        }
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /** Opens the backend, once for each maker; they share the threads. */
    private Engine open(Consumer<String> log) {
        int threads =
                request.threads() > 0
                        ? request.threads()
                        : Runtime.getRuntime().availableProcessors();
        int each = Math.max(1, threads / makers(leastBatch()));
        return Backends.open(request.backend(), each, log);
    }

    /** Batches that are made at once. */
    private int makers(int batch) {
        return Math.min(request.concurrent(), batches(batch));
    }

    private int batches(int batch) {
        return (images + batch - 1) / batch;
    }

    /** Images made together, at the least. */
    private int leastBatch() {
        return request.autoBatch() ? LargestBatch.SMALLEST : request.method().batch();
    }

    private Workshop workshop(Engine engine, Settings method) {
        return new Workshop(engine, teacher.classifier(), verifier, method, request.seed());
    }

    /** Images made together: as asked for, or as in the run that goes on, or as many as fit. */
    private int batch(Engine engine) {
        if (!request.autoBatch()) {
            return request.method().batch();
        }
        Optional<Manifest> begun = RunDirectory.manifest(folder);
        if (begun.isPresent() && begun.get().settings().get("batch") instanceof Integer batch) {
            return batch;
        }
        return new LargestBatch(images, request.concurrent(), engine.freeMemory())
                .find(batch -> fitsJava(batch) ? bytes(engine, batch) : TOO_MUCH, watcher::note);
    }

    private Crew crew(Engine engine, Settings method) {
        ImageSize size = teacher.classifier().input();
        JavaHeap.require(makers(method.batch()) * method.batch(), size);
        FreeMemory free = engine.freeMemory();
        try {
            return new Crew(
                    makers(method.batch()),
                    i -> workshop(i == 0 ? engine : open(line -> {}), method));
        } catch (OutOfMemoryException e) {
            // The engine went with the crew.
            try (Engine another = open(line -> {})) {
                throw new OutOfMemoryException(tooMuch(another, method.batch(), free));
            }
        }
    }

    /** What a batch would take, and the largest of half its size, of a quarter ... that fits. */
    private String tooMuch(Engine engine, int batch, FreeMemory free) {
        String advice = "no smaller batch fits either";
        for (int fewer = Integer.highestOneBit(batch) / 2; fewer > 0; fewer /= 2) {
            if (allBytes(engine, fewer) <= free.bytes()) {
                advice = "--batch %d fits, and --batch auto finds the largest".formatted(fewer);
                break;
            }
        }
        return "batch %d takes about %s, %s; %s"
                .formatted(batch, FreeMemory.megabytes(allBytes(engine, batch)), free, advice);
    }

    /** Whether Java's heap has room; what it says of the smallest batch is left to the start. */
    private boolean fitsJava(int batch) {
        ImageSize size = teacher.classifier().input();
        return batch <= 2 * LargestBatch.SMALLEST
                || JavaHeap.bytes(makers(batch) * batch, size) <= JavaHeap.left();
    }

    /** What all batches take that are made at once. */
    private long allBytes(Engine engine, int batch) {
        return makers(batch) * bytes(engine, batch);
    }

    private long bytes(Engine engine, int batch) {
        try (Workshop planned = workshop(engine.dry(), request.method().batch(batch))) {
            return planned.memoryBytes();
        }
    }

    private Targets targets(int batch) {
        return new Targets(
                request.quantity().classesOf(teacher.classifier()), images, batch, request.seed());
    }

    /**
     * What nobody says of the verifier is as with the teacher, but for its architecture, which its
     * weights tell.
     */
    private Classifier readVerifier() {
        ClassifierSource said = request.verifier();
        Classifier like = teacher.classifier();
        return new ClassifierSource(
                        said.file(),
                        said.architecture(),
                        or(said.normalization(), like.normalization()),
                        or(said.inputSize(), like.input().height()))
                .read()
                .classifier();
    }

    private static <T> T or(T said, T otherwise) {
        return said == null ? otherwise : said;
    }

    /** What can be told to be wrong now that the classifiers are known. */
    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        Classifier classifier = teacher.classifier();
        ImageSize size = classifier.input();
        for (int wanted : request.quantity().classes()) {
            if (wanted >= classifier.classes()) {
                problems.add(
                        "there is no class %d; the teacher's are 0 to %d"
                                .formatted(wanted, classifier.classes() - 1));
            }
        }
        if (request.output().formats().contains(Format.PNG)
                && !BatchFiles.isPicture(size.channels())) {
            problems.add(
                    "images of %d channels cannot be PNG; --format raw keeps them"
                            .formatted(size.channels()));
        }
        if (verifier != null && !verifier.input().equals(size)) {
            problems.add("the verifier takes %s, the teacher %s".formatted(verifier.input(), size));
        }
        if (verifier != null && verifier.classes() != classifier.classes()) {
            problems.add(
                    "the verifier has %d classes, the teacher %d"
                            .formatted(verifier.classes(), classifier.classes()));
        }
        long left = RunDirectory.bytesLeft(folder);
        if (left < bytesNeeded()) {
            problems.add(
                    "%s: the disk has %,d kB left, the run takes about %,d kB"
                            .formatted(folder, left >> 10, bytesNeeded() >> 10));
        }
        return problems;
    }

    private long bytesNeeded() {
        ImageSize size = teacher.classifier().input();
        long values = (long) size.height() * size.width() * size.channels();
        long bytes = ROW_BYTES * batches(leastBatch()) * request.method().iterations();
        bytes +=
                request.output().formats().contains(Format.PNG)
                        ? images * (values + FILE_BYTES)
                        : 0;
        bytes +=
                request.output().formats().contains(Format.RAW) ? images * values * Float.BYTES : 0;
        return bytes;
    }

    private BatchFiles files() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("Software", Version.NAME + " " + Version.number());
        texts.put("Teacher", "sha256:" + teacher.sha256());
        texts.put("Seed", Long.toString(request.seed()));
        return new BatchFiles(
                request.output().formats(),
                request.output().stretched(),
                teacher.classifier().normalization(),
                teacher.classifier().classes(),
                texts);
    }

    /** That of the run that the folder holds, if the request is the same; else a new one. */
    private Manifest manifest(Settings method, Description description) {
        Classifier classifier = teacher.classifier();
        Manifest fresh =
                new Manifest(
                        BatchFiles.ABOUT,
                        Runs.software(),
                        false,
                        images,
                        new Manifest.Teacher(
                                teacher.name(),
                                teacher.sha256(),
                                classifier.architecture().name(),
                                classifier.classes(),
                                classifier.input().toString()),
                        Runs.backend(description),
                        request.with(images, method).settings(classifier, description.backend()),
                        List.of());
        Manifest manifest = RunDirectory.manifest(folder).orElse(fresh);
        List<String> differences = manifest.differencesFrom(fresh);
        if (!differences.isEmpty()) {
            throw new UsageException(
                    "%s holds another run: %s".formatted(folder, String.join("; ", differences)));
        }
        if (!manifest.backend().equals(fresh.backend())
                || !manifest.software().equals(fresh.software())) {
            watcher.note(
                    "the run was begun by another version, or on another machine or number of"
                            + " threads: batches made now are as good, but not bit for bit those of"
                            + " then");
        }
        return manifest;
    }

    private SynthesisResult result(
            Manifest manifest, int wanted, boolean finished, double rate, double seconds) {
        List<BatchRecord> batches = manifest.batches();
        Path grid = folder.resolve(BatchFiles.GRID);
        OptionalLong peak = PeakMemory.bytes();
        return new SynthesisResult(
                finished,
                folder,
                Files.exists(grid) ? grid : null,
                batches.stream().mapToInt(BatchRecord::images).sum(),
                batches.size(),
                wanted,
                seconds,
                rate,
                batches.stream().map(batch -> batch.losses().total()).toList(),
                mean(batches, batch -> batch.losses().batchNorm()),
                mean(batches, batch -> batch.losses().crossEntropy()),
                accuracy(batches, Workshop.TEACHER),
                accuracy(batches, Workshop.TEACHER + Workshop.PNG),
                accuracy(batches, Workshop.VERIFIER),
                accuracy(batches, Workshop.VERIFIER + Workshop.PNG),
                peak.isPresent() ? peak.getAsLong() : null,
                manifest.backend().name(),
                manifest.backend().device(),
                request.method().precision().toString());
    }

    private static Double mean(List<BatchRecord> batches, ToDoubleFunction<BatchRecord> number) {
        return batches.isEmpty()
                ? null
                : Double.valueOf(batches.stream().mapToDouble(number).sum() / batches.size());
    }

    /** The share of all images that are put into their class; null if nobody looked. */
    private static Double accuracy(List<BatchRecord> batches, String name) {
        if (batches.isEmpty() || !batches.get(0).correct().containsKey(name)) {
            return null;
        }
        double correct = batches.stream().mapToInt(batch -> batch.correct().get(name)).sum();
        return correct / batches.stream().mapToInt(BatchRecord::images).sum();
    }
}

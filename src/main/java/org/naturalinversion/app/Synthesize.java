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
import java.util.stream.IntStream;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.data.BatchFiles;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.data.Claim;
import org.naturalinversion.data.Grid;
import org.naturalinversion.data.Manifest;
import org.naturalinversion.data.Manifest.BatchRecord;
import org.naturalinversion.data.RunDirectory;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Settings;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ModelFileException;

/** Inverts a classifier: makes labelled images, batch by batch, and leaves a run directory. */
public final class Synthesize {
    private static final Normalization IMAGENET = Normalization.Preset.IMAGENET.normalization();

    /** More than any memory, and little enough to be multiplied. */
    private static final long TOO_MUCH = Long.MAX_VALUE >> 16;

    private final SynthesisRequest request;
    private final Watcher watcher;
    private final Path folder;
    private final Optional<Manifest> begun;
    private final ClassifierSource.Loaded teacher;
    private final ClassifierSource.Loaded verifier;
    private final int images;

    /**
     * Runs until all images are there or the watcher stops it.
     *
     * @throws UsageException if the request makes no sense; the message names every problem
     * @throws ModelFileException if a classifier cannot be read or not be inverted
     * @throws org.naturalinversion.data.DataFileException if the run that is to go on is none
     * @throws NoBackendException if the backend cannot be had
     * @throws org.naturalinversion.backend.OutOfMemoryException if it has not enough memory
     * @throws org.naturalinversion.backend.BackendException if it fails; finished batches stay
     * @throws java.io.UncheckedIOException if something cannot be written; finished batches stay
     */
    public static SynthesisResult run(SynthesisRequest request, Watcher watcher) {
        UsageException.throwIf(request.problems());
        SynthesisRequest.Output output = request.output();
        try (Claim claim =
                Runs.claim(
                        output.folder(),
                        Runs.name(request.teacher().file()),
                        folder -> RunDirectory.refusal(folder, output.resume()),
                        watcher::note)) {
            return new Synthesize(request, watcher, claim.folder()).run(System.nanoTime());
        }
    }

    private Synthesize(SynthesisRequest request, Watcher watcher, Path folder) {
        this.request = request;
        this.watcher = watcher;
        this.folder = folder;
        begun = RunDirectory.manifest(folder);
        teacher =
                read(
                        request.teacher(),
                        Manifest.TEACHER,
                        begun.map(m -> m.teacher().sha256()).orElse(null));
        if (request.teacher().normalization() == null
                && teacher.classifier().normalization().equals(IMAGENET)) {
            watcher.note(
                    "assuming that the teacher expects ImageNet normalisation; change it with"
                            + " --normalize, or with --mean and --std");
        }
        verifier = request.verifier() == null ? null : readVerifier();
        images = request.quantity().total(teacher.classifier(), request.method().batch());
        UsageException.throwIf(problems());
        requireInvertible();
    }

    /**
     * Reads a classifier. Where the run that goes on names a file that is not there, it is looked
     * for.
     *
     * @param setting by which the run names it
     * @param sha256 what it was when the run began; null if that is not known
     */
    private ClassifierSource.Loaded read(ClassifierSource source, String setting, String sha256) {
        Path file = source.file();
        boolean named =
                begun.isPresent() && file.toString().equals(begun.get().settings().get(setting));
        if (!named || Builtin.isNamed(file) || Files.exists(file)) {
            return source.read();
        }
        Path found =
                Runs.findAgain(file, folder, sha256)
                        .orElseThrow(
                                () ->
                                        new ModelFileException(
                                                file,
                                                Runs.moved(
                                                        folder.resolve(RunDirectory.MANIFEST),
                                                        setting)));
        watcher.note("using %s, the same file as the run's %s".formatted(found, setting));
        return source.in(found).read();
    }

    private void requireInvertible() {
        Inspection inspection = Inspection.of(teacher.classifier());
        boolean noPyramid = request.method().parts().ftp() && inspection.lacksTaps();
        if (noPyramid || inspection.lacksBatchNorm() && !request.allowMissingBn()) {
            throw new ModelFileException(
                    request.teacher().file(), "cannot be inverted: " + inspection.reason());
        }
        if (inspection.lacksBatchNorm()) {
            watcher.warn(
                    "only %d of %d BatchNorm layers have usable statistics"
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
            RunDirectory run = RunDirectory.open(folder, manifest, watcher::note);
            Double rate = null;
            if (missing(run, targets).length > 0) {
                rate = produce(run, targets, engine, method);
            } else {
                run.finish();
            }
            boolean finished = run.manifest().finished();
            run.draw(files().grid(), watcher::note);
            if (run.has(0)) {
                tellWhatTheGridLeavesOut(targets);
            }
            return result(run.manifest(), targets.batches(), finished, rate, seconds(start));
        }
    }

    private static int[] missing(RunDirectory run, Targets targets) {
        return IntStream.range(0, targets.batches()).filter(i -> !run.has(i)).toArray();
    }

    /** Makes what is missing, or as much of it as there is time for; says iterations per second. */
    private double produce(RunDirectory run, Targets targets, Engine engine, Settings method) {
        requireRoom(run, targets);
        try (Crew crew = crew(engine, method)) {
            run.begin();
            Production production =
                    new Production(run, targets, method.iterations(), files(), crew, watcher);
            long began = System.nanoTime();
            production.complete();
            return production.iterationsDone() / seconds(began);
        }
    }

    private void tellWhatTheGridLeavesOut(Targets targets) {
        List<Integer> labels = targets.of(0).subList(0, targets.kept(0));
        int shown = Grid.shown(labels);
        if (shown < labels.size()
                && BatchFiles.isPicture(teacher.classifier().input().channels())) {
            watcher.note(
                    "%s shows %d of the %d images of the first batch"
                            .formatted(BatchFiles.GRID, shown, labels.size()));
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
        return Math.min(request.concurrent(), Batch.count(images, batch));
    }

    /** Images made together, at the least. */
    private int leastBatch() {
        return request.autoBatch() ? LargestBatch.SMALLEST : request.method().batch();
    }

    private Workshop workshop(Engine engine, Settings method) {
        return new Workshop(
                engine,
                teacher.classifier(),
                verifier == null ? null : verifier.classifier(),
                method,
                request.seed());
    }

    /** Images made together: as asked for, or as in the run that goes on, or as many as fit. */
    private int batch(Engine engine) {
        if (!request.autoBatch()) {
            return request.method().batch();
        }
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
                throw new OutOfMemoryException(tooMuch(another, method.batch(), free), e);
            }
        }
    }

    /** What a batch would take, and the largest power of two below its size that fits. */
    private String tooMuch(Engine engine, int batch, FreeMemory free) {
        String advice = "no smaller batch fits either";
        for (int fewer = Integer.highestOneBit(batch - 1); fewer > 0; fewer /= 2) {
            if (allBytes(engine, fewer) <= free.bytes()) {
                advice =
                        "--batch %d fits; --batch auto finds the largest that does"
                                .formatted(fewer);
                break;
            }
        }
        return "batch %d needs about %s, but only %s; %s"
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
     * What is not set for the verifier is as for the teacher, except its architecture, which its
     * weights tell.
     */
    private ClassifierSource.Loaded readVerifier() {
        ClassifierSource said = request.verifier();
        Classifier like = teacher.classifier();
        return read(
                new ClassifierSource(
                        said.file(),
                        said.architecture(),
                        or(said.normalization(), like.normalization()),
                        or(said.inputSize(), like.input().height())),
                Manifest.VERIFIER,
                begun.map(Manifest::verifier).map(Manifest.Verifier::sha256).orElse(null));
    }

    private static <T> T or(T said, T otherwise) {
        return said == null ? otherwise : said;
    }

    /** What is wrong with the request, now that the classifiers are known. */
    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        Classifier classifier = teacher.classifier();
        ImageSize size = classifier.input();
        for (int wanted : request.quantity().classes()) {
            if (wanted >= classifier.classes()) {
                problems.add(
                        "there is no class %d; the teacher's classes are 0 to %d"
                                .formatted(wanted, classifier.classes() - 1));
            }
        }
        if (request.output().formats().contains(Format.PNG)
                && !BatchFiles.isPicture(size.channels())) {
            problems.add(
                    "images of %d channels cannot be PNG; use --format raw"
                            .formatted(size.channels()));
        }
        if (verifier != null) {
            Classifier second = verifier.classifier();
            if (!second.input().equals(size)) {
                problems.add(
                        "the verifier takes %s, the teacher %s".formatted(second.input(), size));
            }
            if (second.classes() != classifier.classes()) {
                problems.add(
                        "the verifier has %d classes, the teacher %d"
                                .formatted(second.classes(), classifier.classes()));
            }
        }
        return problems;
    }

    /** Refuses to begin what there is no room for. What is there already needs none. */
    private void requireRoom(RunDirectory run, Targets targets) {
        RunSize size =
                new RunSize(
                        teacher.classifier().input(),
                        request.method().iterations(),
                        request.output().formats(),
                        targets);
        long left = RunDirectory.bytesLeft(folder);
        long needed = size.bytes(missing(run, targets));
        if (left < needed) {
            throw new UsageException(
                    "%s: the disk has %,d kB free, but the rest of the run needs about %,d kB"
                            .formatted(folder, left >> 10, needed >> 10));
        }
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

    /** The manifest of the run in the folder, if the request is the same; else a new one. */
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
                        verifier == null
                                ? null
                                : new Manifest.Verifier(verifier.name(), verifier.sha256()),
                        Runs.backend(description),
                        request.with(images, method).settings(classifier, description.backend()),
                        List.of());
        Manifest manifest = begun.orElse(fresh);
        List<String> differences = manifest.differencesFrom(fresh);
        if (!differences.isEmpty()) {
            throw new UsageException(
                    "%s contains another run: %s"
                            .formatted(folder, String.join("; ", differences)));
        }
        if (!manifest.backend().equals(fresh.backend())
                || !manifest.software().equals(fresh.software())) {
            watcher.note(
                    "the run was started by another version, on another machine or with another"
                            + " number of threads: new batches are equally good, but not bit for"
                            + " bit the same");
        }
        return manifest;
    }

    private SynthesisResult result(
            Manifest manifest, int wanted, boolean finished, Double rate, double seconds) {
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
                accuracy(batches, Manifest.TEACHER),
                accuracy(batches, Manifest.TEACHER + Manifest.PNG),
                accuracy(batches, Manifest.VERIFIER),
                accuracy(batches, Manifest.VERIFIER + Manifest.PNG),
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

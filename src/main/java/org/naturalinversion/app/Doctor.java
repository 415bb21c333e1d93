package org.naturalinversion.app;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.BackendProvider;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.oracle.Conformance;
import org.naturalinversion.graph.oracle.Deviation;
import org.naturalinversion.method.GoldenReplay;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.io.Weights;

/** Examines the machine: which backends there are, and whether each computes what it should. */
public final class Doctor {
    /**
     * One number that was checked.
     *
     * @param name what was compared, and in which precision
     * @param error relative norm of the difference; for several tensors that of the one nearest to
     *     its tolerance
     */
    public record Finding(String name, double error, double tolerance, boolean ok) {}

    /**
     * The findings on one backend.
     *
     * @param reason why it cannot be had here; empty if it can
     */
    public record Examined(
            String name,
            boolean ok,
            String reason,
            String device,
            Map<String, String> versions,
            List<Finding> checks) {}

    /** The diagnosis; it is good if every backend that can be had computes right. */
    public record Diagnosis(boolean ok, List<Examined> backends) {}

    private Doctor() {}

    /**
     * Compares every op, fused pattern, optimiser and draw with its definition.
     *
     * @param backend the one to examine; {@code auto} for all that the program has
     * @throws BackendException if a backend that was named cannot be had
     */
    public static Diagnosis examine(
            String backend, int threads, List<Precision> precisions, Consumer<Finding> progress) {
        List<Examined> examined = new ArrayList<>();
        for (BackendProvider provider : Backends.all()) {
            Optional<String> reason = provider.unavailable();
            if (backend.equals(Backends.AUTO) && reason.isPresent()) {
                examined.add(absent(provider, reason.get()));
            } else if (backend.equals(Backends.AUTO)) {
                examined.add(examineOne(provider.name(), threads, precisions, progress));
            }
        }
        if (!backend.equals(Backends.AUTO)) {
            examined.add(examineOne(backend, threads, precisions, progress));
        }
        return diagnosis(examined);
    }

    /**
     * Repeats a golden run.
     *
     * @throws IllegalArgumentException if the file lacks something
     */
    public static Diagnosis replay(
            String backend, int threads, Precision precision, Weights golden, Classifier teacher) {
        GoldenReplay replay =
                new GoldenReplay(teacher, golden.tensors(), golden.metadata(), precision);
        try (Engine engine = Backends.open(backend, threads)) {
            List<Finding> findings = new ArrayList<>();
            for (GoldenReplay.Deviation d : replay.run(engine)) {
                findings.add(new Finding(d.name(), d.error(), d.tolerance(), d.ok()));
            }
            return diagnosis(List.of(examined(engine, findings)));
        }
    }

    private static Examined examineOne(
            String name, int threads, List<Precision> precisions, Consumer<Finding> progress) {
        try (Engine engine = Backends.open(name, threads)) {
            List<Finding> findings = new ArrayList<>();
            for (Precision precision : precisions) {
                byOp(engine, precision)
                        .forEach(
                                finding -> {
                                    findings.add(finding);
                                    progress.accept(finding);
                                });
            }
            return examined(engine, findings);
        }
    }

    /** For each op the case that came nearest to its tolerance, or went beyond it. */
    private static List<Finding> byOp(Engine engine, Precision precision) {
        Map<String, Finding> worst = new TreeMap<>();
        Conformance.checks()
                .forEach(
                        check -> {
                            String op = check.name().split("[ ,:]", 2)[0];
                            for (Deviation d : check.run(engine, precision)) {
                                String name = op + " " + precision.name().toLowerCase(Locale.ROOT);
                                Finding finding =
                                        new Finding(name, d.size(), d.tolerance(), d.isTolerable());
                                worst.merge(op, finding, Doctor::worse);
                            }
                        });
        return List.copyOf(worst.values());
    }

    private static Finding worse(Finding a, Finding b) {
        Comparator<Finding> byShare =
                Comparator.comparing(Finding::ok)
                        .thenComparing(f -> -f.error() / Math.max(f.tolerance(), 1e-30));
        return byShare.compare(a, b) <= 0 ? a : b;
    }

    private static Examined absent(BackendProvider provider, String reason) {
        return new Examined(provider.name(), true, reason, "", Map.of(), List.of());
    }

    private static Examined examined(Engine engine, List<Finding> findings) {
        boolean ok = !findings.isEmpty() && findings.stream().allMatch(Finding::ok);
        var description = engine.description();
        return new Examined(
                description.backend(),
                ok,
                "",
                description.device(),
                description.versions(),
                findings);
    }

    private static Diagnosis diagnosis(List<Examined> examined) {
        return new Diagnosis(examined.stream().allMatch(Examined::ok), examined);
    }
}

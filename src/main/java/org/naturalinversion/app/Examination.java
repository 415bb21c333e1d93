package org.naturalinversion.app;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.naturalinversion.app.Doctor.Finding;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.oracle.Check;
import org.naturalinversion.graph.oracle.Conformance;
import org.naturalinversion.graph.oracle.Deviation;
import org.naturalinversion.method.Batch;

/**
 * Examines one backend. What fails is a finding like any other, so that one broken op hides none of
 * those behind it.
 */
final class Examination {
    /** The backend that runs are compared with, its own in other precisions too. */
    private static final String REFERENCE = "cpu";

    /** What a whole run is called among all that is compared. */
    private static final String RUN = "run";

    private final Engine engine;
    private final Doctor.Request request;
    private final Consumer<String> progress;
    private final Map<String, Peak> peaks = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    Examination(Engine engine, Doctor.Request request, Consumer<String> progress) {
        this.engine = engine;
        this.request = request;
        this.progress = progress;
    }

    /** See {@link Doctor#subjects}. */
    static SortedSet<String> subjects() {
        SortedSet<String> subjects = new TreeSet<>();
        Conformance.checks().forEach(check -> subjects.add(check.subject()));
        subjects.add(RUN);
        return subjects;
    }

    Doctor.Examined run() {
        request.precisions().forEach(this::compareOps);
        if (request.wants(RUN)) {
            compareRuns();
        }
        if (request.only().isEmpty()) {
            request.precisions().forEach(this::measure);
        }
        return Doctor.Examined.of(engine.description(), peaks, findings);
    }

    /** For each op the case that came nearest to its tolerance, or went beyond it. */
    private void compareOps(Precision precision) {
        Map<String, Finding> worst = new LinkedHashMap<>();
        for (Check check : Conformance.checks()) {
            String subject = check.subject();
            if (request.wants(subject)) {
                String name = subject + " " + precision;
                progress.accept("%s: %s".formatted(name, check.name()));
                compare(check, precision, name)
                        .forEach(finding -> worst.merge(subject, finding, Examination::worse));
            }
        }
        worst.values().stream().sorted(Comparator.comparing(Finding::name)).forEach(findings::add);
    }

    private List<Finding> compare(Check check, Precision precision, String name) {
        try {
            return check.run(engine, precision).stream().map(d -> finding(name, check, d)).toList();
        } catch (RuntimeException e) {
            return List.of(Finding.failed(name, check.name(), e));
        }
    }

    private static Finding finding(String name, Check check, Deviation deviation) {
        String what = "%s: %s".formatted(check.name(), deviation.what());
        return Finding.of(name, what, deviation.size(), deviation.tolerance());
    }

    private void compareRuns() {
        ShortRun run = new ShortRun();
        progress.accept("%s f32 on %s".formatted(RUN, REFERENCE));
        Batch reference;
        try (Engine processor = Backends.open(REFERENCE, request.threads())) {
            reference = run.on(processor, Precision.F32);
        }
        for (Precision precision : request.precisions()) {
            String name = RUN + " " + precision;
            progress.accept(name);
            try {
                findings.addAll(ShortRun.compare(run.on(engine, precision), reference, precision));
            } catch (RuntimeException e) {
                findings.add(Finding.failed(name, "failed", e));
            }
        }
    }

    private void measure(Precision precision) {
        String name = "peak " + precision;
        progress.accept(name);
        try {
            peaks.put(precision.toString(), Peak.measure(engine, precision));
        } catch (RuntimeException e) {
            findings.add(Finding.failed(name, "failed", e));
        }
    }

    private static Finding worse(Finding a, Finding b) {
        Comparator<Finding> byShare =
                Comparator.comparing(Finding::ok)
                        .thenComparing(f -> -f.error() / Math.max(f.tolerance(), 1e-30));
        return byShare.compare(a, b) <= 0 ? a : b;
    }
}

package org.naturalinversion.app;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.naturalinversion.app.Doctor.Finding;
import org.naturalinversion.backend.Description;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.oracle.Check;
import org.naturalinversion.graph.oracle.Conformance;
import org.naturalinversion.graph.oracle.Deviation;
import org.naturalinversion.method.Batch;

/**
 * Examines one backend, part by part. What fails is a finding like any other, so that one broken op
 * hides none of those behind it. Only a lost device ends the examination: from then on everything
 * would fail, right or wrong.
 */
final class Examination {
    /** The backend that runs are compared with, its own in other precisions too. */
    private static final String REFERENCE = "cpu";

    /** What a whole run is called among all that is compared. */
    private static final String RUN = "run";

    private final Engine engine;
    private final Doctor.Request request;
    private final Doctor.Listener listener;
    private final Map<String, Peak> peaks = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private boolean lost;

    /** Made once, when the first run is compared. */
    private Batch reference;

    Examination(Engine engine, Doctor.Request request, Doctor.Listener listener) {
        this.engine = engine;
        this.request = request;
        this.listener = listener;
    }

    /** What is compared or measured at a time, by the name that its findings have. */
    private record Part(String name, Runnable work) {}

    /** See {@link Doctor#subjects}. */
    static SortedSet<String> subjects() {
        SortedSet<String> subjects = new TreeSet<>(checks().keySet());
        subjects.add(RUN);
        return subjects;
    }

    private static SortedMap<String, List<Check>> checks() {
        SortedMap<String, List<Check>> checks = new TreeMap<>();
        Conformance.checks()
                .forEach(c -> checks.computeIfAbsent(c.subject(), s -> new ArrayList<>()).add(c));
        return checks;
    }

    Doctor.Examined run() {
        // A lost device could not even say what it is.
        Description description = engine.description();
        listener.opened(description);
        List<String> notRun = new ArrayList<>();
        for (Part part : parts()) {
            if (lost) {
                notRun.add(part.name());
            } else {
                part.work().run();
            }
        }
        if (lost) {
            listener.lost(notRun);
        }
        return Doctor.Examined.of(description, peaks, findings, lost, notRun);
    }

    private List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        for (Precision precision : request.precisions()) {
            checks().forEach(
                            (subject, checks) -> {
                                if (request.wants(subject)) {
                                    String name = subject + " " + precision;
                                    parts.add(
                                            new Part(name, () -> compare(checks, precision, name)));
                                }
                            });
        }
        for (Precision precision : request.precisions()) {
            if (request.wants(RUN)) {
                String name = RUN + " " + precision;
                parts.add(new Part(name, () -> compareRuns(precision, name)));
            }
        }
        for (Precision precision : request.precisions()) {
            if (request.only().isEmpty()) {
                String name = "peak " + precision;
                parts.add(new Part(name, () -> measure(precision, name)));
            }
        }
        return parts;
    }

    /** All that is out of tolerance; if nothing is, what came nearest to it. */
    private void compare(List<Check> checks, Precision precision, String name) {
        List<Finding> right = new ArrayList<>();
        boolean wrong = false;
        for (Check check : checks) {
            listener.next("%s: %s".formatted(name, check.name()));
            for (Finding finding : compare(check, precision, name)) {
                if (finding.ok()) {
                    right.add(finding);
                } else {
                    found(finding);
                    wrong = true;
                }
            }
            if (lost) {
                return;
            }
        }
        if (!wrong) {
            right.stream().max(Comparator.comparing(Examination::share)).ifPresent(this::found);
        }
    }

    private List<Finding> compare(Check check, Precision precision, String name) {
        try {
            return check.run(engine, precision).stream().map(d -> finding(name, check, d)).toList();
        } catch (RuntimeException e) {
            return List.of(failed(name, check.name(), e));
        }
    }

    private static Finding finding(String name, Check check, Deviation deviation) {
        String what = "%s: %s".formatted(check.name(), deviation.what());
        return Finding.of(name, what, deviation.size(), deviation.tolerance());
    }

    /** How much of its tolerance an error takes. */
    private static double share(Finding finding) {
        return finding.error() / Math.max(finding.tolerance(), 1e-30);
    }

    private void compareRuns(Precision precision, String name) {
        ShortRun run = new ShortRun();
        if (reference == null) {
            listener.next("%s f32 on %s".formatted(RUN, REFERENCE));
            try (Engine processor = Backends.open(REFERENCE, request.threads())) {
                reference = run.on(processor, Precision.F32);
            }
        }
        attempt(
                name,
                () ->
                        ShortRun.compare(run.on(engine, precision), reference, precision)
                                .forEach(this::found));
    }

    private void measure(Precision precision, String name) {
        attempt(
                name,
                () -> {
                    Peak peak = Peak.measure(engine, precision);
                    peaks.put(precision.toString(), peak);
                    listener.measured(precision.toString(), peak);
                });
    }

    private void attempt(String name, Runnable work) {
        listener.next(name);
        try {
            work.run();
        } catch (RuntimeException e) {
            found(failed(name, "failed", e));
        }
    }

    private Finding failed(String name, String detail, RuntimeException failure) {
        lost = engine.isLost();
        return Finding.failed(name, detail, failure);
    }

    private void found(Finding finding) {
        findings.add(finding);
        listener.found(finding);
    }
}

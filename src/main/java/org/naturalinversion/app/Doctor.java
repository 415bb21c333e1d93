package org.naturalinversion.app;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import org.naturalinversion.backend.BackendProvider;
import org.naturalinversion.backend.Description;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.method.GoldenReplay;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.io.Weights;

/** Examines the machine: which backends there are, and whether each computes what it should. */
public final class Doctor {
    /**
     * What is examined.
     *
     * @param backend its name; {@code auto} for all that the program has
     * @param only names of what is compared, of {@link #subjects}; empty for all of it, and for
     *     what the machine can do at most
     */
    public record Request(
            String backend, int threads, List<Precision> precisions, Set<String> only) {
        boolean wants(String subject) {
            return only.isEmpty() || only.contains(subject);
        }
    }

    /**
     * One number that was checked.
     *
     * @param name what was compared, and in which precision
     * @param detail of several tensors, the one nearest to its tolerance; or why there was none
     * @param error relative norm of the difference
     */
    public record Finding(String name, String detail, double error, double tolerance, boolean ok) {
        static Finding of(String name, String detail, double error, double tolerance) {
            return new Finding(name, detail, error, tolerance, error <= tolerance);
        }

        static Finding failed(String name, String detail, RuntimeException failure) {
            return of(name, detail + ": " + failure, Double.POSITIVE_INFINITY, 0);
        }
    }

    /**
     * The findings on one backend.
     *
     * @param lost whether the device was lost on the way: nothing can be said of it afterwards
     * @param notRun names of what was to be compared or measured after that
     * @param reason why it cannot be had here; empty if it can
     * @param files where libraries were found that are not part of the program, by name
     * @param notes what is known of the libraries and avoided, a line each
     * @param peaks what it does at most, by precision
     */
    public record Examined(
            String name,
            boolean ok,
            boolean lost,
            List<String> notRun,
            String reason,
            String device,
            Map<String, String> versions,
            Map<String, String> files,
            List<String> notes,
            Map<String, Peak> peaks,
            List<Finding> checks) {

        static Examined absent(String name, String reason) {
            return new Examined(
                    name, true, false, List.of(), reason, "", Map.of(), Map.of(), List.of(),
                    Map.of(), List.of());
        }

        static Examined of(Description backend, Map<String, Peak> peaks, List<Finding> checks) {
            return of(backend, peaks, checks, false, List.of());
        }

        static Examined of(
                Description backend,
                Map<String, Peak> peaks,
                List<Finding> checks,
                boolean lost,
                List<String> notRun) {
            boolean ok = !lost && !checks.isEmpty() && checks.stream().allMatch(Finding::ok);
            return new Examined(
                    backend.backend(),
                    ok,
                    lost,
                    notRun,
                    "",
                    backend.device(),
                    backend.versions(),
                    backend.files(),
                    backend.notes(),
                    peaks,
                    checks);
        }
    }

    /** The diagnosis; it is good if every backend that can be had computes right. */
    public record Diagnosis(boolean ok, List<Examined> backends) {
        static Diagnosis of(List<Examined> examined) {
            return new Diagnosis(examined.stream().allMatch(Examined::ok), examined);
        }

        /** Whether a device was lost, so that checks are missing. */
        public boolean lost() {
            return backends.stream().anyMatch(Examined::lost);
        }
    }

    /**
     * Told everything as soon as it is known: if the program does not live to the end, this is what
     * is left of its work.
     */
    public interface Listener {
        /** What is compared or measured next; if it hangs, this shows where. */
        default void next(String what) {}

        /** A backend that cannot be had here, and why. */
        default void absent(String backend, String reason) {}

        /** The backend that everything from now on is about. */
        default void opened(Description backend) {}

        /** One number that was checked. */
        default void found(Finding finding) {}

        /** What the backend does at most in a precision. */
        default void measured(String precision, Peak peak) {}

        /** The device is lost; this is what was to be compared and measured after that. */
        default void lost(List<String> notRun) {}
    }

    private Doctor() {}

    /** Names of all that is compared: ops, and what is made of them. */
    public static SortedSet<String> subjects() {
        return Examination.subjects();
    }

    /**
     * Compares every op, fused pattern, optimiser and draw with its definition, and a short run
     * with the same on the processor.
     *
     * @param listener receives everything as soon as it is known
     * @throws NoBackendException if a backend that was named cannot be had
     */
    public static Diagnosis examine(Request request, Listener listener) {
        if (!request.backend().equals(Backends.AUTO)) {
            return Diagnosis.of(List.of(examine(request.backend(), request, listener)));
        }
        return Diagnosis.of(
                Backends.all().stream()
                        .map(provider -> examineIfThere(provider, request, listener))
                        .toList());
    }

    private static Examined examineIfThere(
            BackendProvider provider, Request request, Listener listener) {
        Optional<String> reason = provider.unavailable();
        if (reason.isEmpty()) {
            return examine(provider.name(), request, listener);
        }
        listener.absent(provider.name(), reason.get());
        return Examined.absent(provider.name(), reason.get());
    }

    private static Examined examine(String name, Request request, Listener listener) {
        try (Engine engine = Backends.open(name, request.threads())) {
            return new Examination(engine, request, listener).run();
        }
    }

    /**
     * Repeats a golden run.
     *
     * @param listener told everything as soon as it is known
     * @throws IllegalArgumentException if the file lacks something
     */
    public static Diagnosis replay(
            String backend,
            int threads,
            Precision precision,
            Weights golden,
            Classifier teacher,
            Listener listener) {
        GoldenReplay replay =
                new GoldenReplay(teacher, golden.tensors(), golden.metadata(), precision);
        try (Engine engine = Backends.open(backend, threads)) {
            Description description = engine.description();
            listener.opened(description);
            listener.next("golden run " + precision);
            List<Finding> findings =
                    replay.run(engine).stream()
                            .map(d -> Finding.of(d.name(), "", d.error(), d.tolerance()))
                            .toList();
            findings.forEach(listener::found);
            return Diagnosis.of(List.of(Examined.of(description, Map.of(), findings)));
        }
    }
}

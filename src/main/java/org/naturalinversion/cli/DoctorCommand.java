package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.naturalinversion.app.ClassifierSource;
import org.naturalinversion.app.Doctor;
import org.naturalinversion.app.UsageException;
import org.naturalinversion.model.io.Safetensors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ni doctor}: what the machine has, and whether it computes right. */
@Command(
        name = "doctor",
        description =
                "Shows the backends of this machine and their peak rates, and checks their"
                        + " results: every op against its definition, and a short run against"
                        + " the same run on cpu in f32. With --golden, checks a whole run"
                        + " against numbers in double precision instead. Without --precision,"
                        + " checks ops and the short run in every precision. Exits with 0 only"
                        + " if everything is within tolerance.",
        footer = {
            "",
            "Examples:",
            "  ni doctor",
            "  ni doctor --backend cuda --precision bf16 --only Conv2d,run",
            "  ni doctor --golden golden.safetensors --teacher resnet20.th"
        })
final class DoctorCommand extends BaseCommand {
    @Mixin(name = ScopeOptions.NAME)
    private ScopeOptions scope;

    @Mixin(name = GoldenOptions.NAME)
    private GoldenOptions golden;

    @Mixin(name = EngineOptions.NAME)
    private EngineOptions engine;

    /** Options that say how much is examined. */
    static final class ScopeOptions {
        static final String NAME = "Scope";

        @Option(
                names = "--only",
                paramLabel = "NAME",
                split = ",",
                description =
                        "Check only these, named as in the table, for example Conv2d,Adam; run"
                                + " is the short run. Skips the peaks (default: all).")
        private Set<String> only = Set.of();

        private List<String> problems() {
            return only.stream()
                    .filter(name -> !Doctor.subjects().contains(name))
                    .map(name -> Nearest.unknown("comparison", name, Doctor.subjects()))
                    .toList();
        }
    }

    /** Options about a run whose numbers are known. */
    static final class GoldenOptions {
        static final String NAME = "Golden run";

        @Option(
                names = "--golden",
                paramLabel = "FILE",
                description =
                        "Initial values, jitters and results of a run, as safetensors (default: none).")
        private Path file;

        @Option(
                names = "--teacher",
                paramLabel = "FILE",
                description = "The classifier of that run (default: none).")
        private Path teacher;

        @Option(
                names = "--arch",
                paramLabel = "NAME",
                description = "Its architecture (default: the one that fits the weights).")
        private String arch;
    }

    @Override
    List<String> problems() {
        List<String> problems = new ArrayList<>(engine.problems());
        problems.addAll(scope.problems());
        if ((golden.file == null) != (golden.teacher == null)) {
            problems.add("--golden and --teacher must be given together");
        }
        if (golden.file != null && !scope.only.isEmpty()) {
            problems.add("--golden and --only cannot be combined");
        }
        return problems;
    }

    @Override
    public Integer call() {
        Doctor.Diagnosis diagnosis = golden.file == null ? examine() : replay();
        print(diagnosis, out -> describe(diagnosis, out));
        return diagnosis.ok() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private Doctor.Diagnosis examine() {
        return Doctor.examine(
                new Doctor.Request(
                        engine.backend, engine.threads(), engine.precisions(), scope.only),
                this::tell);
    }

    private Doctor.Diagnosis replay() {
        try {
            return Doctor.replay(
                    engine.backend,
                    engine.threads(),
                    engine.precision(),
                    Safetensors.read(golden.file),
                    new ClassifierSource(golden.teacher, golden.arch, null, null)
                            .read()
                            .classifier());
        } catch (IllegalArgumentException e) {
            throw new UsageException(golden.file + " is not a golden run: " + e.getMessage());
        }
    }

    /** If something hangs, this shows where. */
    private void tell(String next) {
        if (program.verbose) {
            err().println(next);
            err().flush();
        }
    }

    private static void describe(Doctor.Diagnosis diagnosis, PrintWriter out) {
        for (Doctor.Examined backend : diagnosis.backends()) {
            if (!backend.reason().isEmpty()) {
                out.printf("%s: not available, %s%n", backend.name(), backend.reason());
                continue;
            }
            describe(backend, out);
        }
        long wrong =
                diagnosis.backends().stream()
                        .flatMap(b -> b.checks().stream())
                        .filter(f -> !f.ok())
                        .count();
        out.println(diagnosis.ok() ? "all within tolerance" : wrong + " out of tolerance");
    }

    private static void describe(Doctor.Examined backend, PrintWriter out) {
        out.printf("%s: %s%n", backend.name(), backend.device());
        backend.versions().forEach((what, version) -> out.printf("  %s %s%n", what, version));
        backend.files().forEach((what, file) -> out.printf("  %s is %s%n", what, file));
        backend.notes().forEach(note -> out.printf("  %s%n", note));
        backend.peaks()
                .forEach(
                        (precision, peak) ->
                                out.printf(
                                        "  peak %,.0f GFLOP/s in %s, %,.0f GB/s from the cache,"
                                                + " %,.0f GB/s from memory%n",
                                        peak.flops() / 1e9,
                                        precision,
                                        peak.cacheBandwidth() / 1e9,
                                        peak.memoryBandwidth() / 1e9));
        out.printf("  %-44s %9s %9s%n", "compared", "error", "tolerance");
        for (Doctor.Finding f : backend.checks()) {
            String bound =
                    Double.isInfinite(f.tolerance()) ? "any" : "%.1e".formatted(f.tolerance());
            String verdict = f.ok() ? "ok" : ("WRONG " + f.detail()).strip();
            out.printf("  %-44s %9.1e %9s %s%n", f.name(), f.error(), bound, verdict);
        }
    }
}

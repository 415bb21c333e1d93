package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
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
                        + " if everything is within tolerance; with 5 if the device was lost, which"
                        + " ends the examination.",
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

    @Mixin(name = OutputOptions.NAME)
    private OutputOptions output;

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

        @Option(names = "--list", description = "Only list the names that --only takes.")
        private boolean list;

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

    /** Options about what is left behind. */
    static final class OutputOptions {
        static final String NAME = "Output";

        @Option(
                names = "--json-out",
                paramLabel = "FILE",
                description = "Write to this file what --json prints, at the end (default: none).")
        private Path json;

        private List<String> problems() {
            Path folder = json == null ? null : json.toAbsolutePath().getParent();
            return folder == null || Files.isDirectory(folder)
                    ? List.of()
                    : List.of("--json-out: there is no folder " + folder);
        }
    }

    @Override
    List<String> problems() {
        List<String> problems = new ArrayList<>(engine.problems());
        problems.addAll(scope.problems());
        problems.addAll(output.problems());
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
        if (scope.list) {
            print(Doctor.subjects(), out -> Doctor.subjects().forEach(out::println));
            return ExitCode.DONE;
        }
        DoctorReport report = report();
        Doctor.Diagnosis diagnosis = golden.file == null ? examine(report) : replay(report);
        if (output.json != null) {
            write(output.json, diagnosis);
        }
        print(diagnosis, out -> report.end(diagnosis));
        return diagnosis.ok()
                ? ExitCode.DONE
                : diagnosis.lost() ? ExitCode.DEVICE_LOST : ExitCode.FAILED;
    }

    private Doctor.Diagnosis examine(Doctor.Listener listener) {
        return Doctor.examine(
                new Doctor.Request(
                        engine.backend, engine.threads(), engine.precisions(), scope.only),
                listener);
    }

    private Doctor.Diagnosis replay(Doctor.Listener listener) {
        try {
            return Doctor.replay(
                    engine.backend,
                    engine.threads(),
                    engine.precision(),
                    Safetensors.read(golden.file),
                    new ClassifierSource(golden.teacher, golden.arch, null, null)
                            .read()
                            .classifier(),
                    listener);
        } catch (IllegalArgumentException e) {
            throw new UsageException(golden.file + " is not a golden run: " + e.getMessage());
        }
    }

    /** Reports to people as it goes, unless one JSON object is all that is wanted. */
    private DoctorReport report() {
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        return new DoctorReport(program.json ? nowhere : out(), program.verbose ? err() : nowhere);
    }
}

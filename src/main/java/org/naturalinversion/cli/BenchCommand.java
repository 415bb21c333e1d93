package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.naturalinversion.app.Backends;
import org.naturalinversion.app.Bench;
import org.naturalinversion.app.BenchTable;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.method.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ni bench}: how long an iteration takes, and why. */
@Command(
        name = "bench",
        description =
                "Times whole iterations with random weights, and compares every routine with its"
                        + " floor: the time that its arithmetic or its memory traffic takes at"
                        + " the peak rates just measured.",
        footer = {
            "",
            "Examples:",
            "  ni bench --case resnet20-b64 --precision bf16",
            "  ni bench --case resnet34-b256 --backend cuda --csv figures.csv"
        })
final class BenchCommand extends BaseCommand {
    private static final int ROWS = 40;

    @Mixin(name = CaseOptions.NAME)
    private CaseOptions which;

    @Mixin(name = OutputOptions.NAME)
    private OutputOptions output;

    @Mixin(name = EngineOptions.NAME)
    private EngineOptions engine;

    /** Options that say what is timed. */
    static final class CaseOptions {
        static final String NAME = "Case";

        @Option(
                names = "--case",
                paramLabel = "NAME",
                description = "The case to time (default: ${DEFAULT-VALUE}).")
        private String name = "resnet20-b64";

        @Option(names = "--list", description = "Only list the cases.")
        private boolean list;

        @Option(
                names = "--batch",
                paramLabel = "N",
                description = "Images per batch (default: the one in the case's name).")
        private Integer batch;

        @Option(
                names = "--iterations",
                paramLabel = "N",
                description = "Iterations to time, after a warm-up (default: ${DEFAULT-VALUE}).")
        private int iterations = 20;

        private Bench.Case find() {
            Bench.Case found = Bench.find(name);
            return batch == null ? found : found.batch(batch);
        }
    }

    /** Options about what is left behind. */
    static final class OutputOptions {
        static final String NAME = "Output";

        @Option(
                names = "--csv",
                paramLabel = "FILE",
                description = "Append a row with the results to this CSV file (default: none).")
        private Path csv;
    }

    @Override
    List<String> problems() {
        List<String> problems = new ArrayList<>(engine.problems());
        List<String> names = Bench.cases().stream().map(Bench.Case::name).toList();
        if (!names.contains(which.name)) {
            problems.add(Nearest.unknown("case", which.name, names));
        }
        if (which.iterations < 1) {
            problems.add("--iterations must be at least 1, not " + which.iterations);
        }
        if (which.batch != null) {
            problems.addAll(Settings.QUICK.batch(which.batch).problems());
        }
        if (output.csv != null) {
            problems.addAll(BenchTable.problems(output.csv));
        }
        return problems;
    }

    @Override
    public Integer call() {
        if (which.list) {
            print(Bench.cases(), out -> out.println(cases()));
            return ExitCode.DONE;
        }
        try (Engine opened = Backends.open(engine.backend, engine.threads())) {
            Bench.Result result =
                    Bench.run(opened, which.find(), engine.precision(), which.iterations);
            if (output.csv != null) {
                BenchTable.add(output.csv, result);
            }
            print(result, out -> describe(result, out));
        }
        return ExitCode.DONE;
    }

    private static String cases() {
        return Bench.cases().stream()
                .map(
                        c ->
                                "%-16s %s, %d classes, images %s, batch %d"
                                        .formatted(
                                                c.name(),
                                                c.architecture(),
                                                c.classes(),
                                                c.input(),
                                                c.batch()))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    private static void describe(Bench.Result r, PrintWriter out) {
        out.printf(
                "%s %s on %s, %s, %d threads%n",
                r.name(), r.precision(), r.backend(), r.device(), r.threads());
        out.printf(
                "  iteration   %.1f ms median, %.1f ms at best; %.0f images/s%n",
                r.medianMs(), r.minMs(), r.imagesPerSecond());
        out.printf(
                "  arithmetic  %.2f GFLOP, %.0f GFLOP/s, %.0f %% of the fastest convolution%n",
                1e3 * r.tflop(), 1e3 * r.tflopsPerSecond(), 100 * r.shareOfPeak());
        out.printf(
                "  memory      %.0f MB touched, %.0f MB allocated%n",
                r.bytes() / 1e6, r.peakMemoryBytes() / 1e6);
        out.printf(
                "%n  %9s %9s %14s %6s %9s %8s  %s%n",
                "ms", "floor", "share of floor", "calls", "MB", "GFLOP", "routine");
        for (Bench.Row row : r.table().subList(0, Math.min(ROWS, r.table().size()))) {
            out.printf(
                    "  %9.3f %9.3f %12.0f %% %6d %9.1f %8.2f  %s%n",
                    row.milliseconds(),
                    row.floorMilliseconds(),
                    100 * row.shareOfFloor(),
                    row.calls(),
                    row.bytes() / 1e6,
                    row.gflop(),
                    row.routine());
        }
    }
}

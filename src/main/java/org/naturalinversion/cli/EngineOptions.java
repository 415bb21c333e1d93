package org.naturalinversion.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.app.Backends;
import org.naturalinversion.graph.Precision;
import picocli.CommandLine.Option;

/** Options about the machine. */
final class EngineOptions {
    static final String NAME = "Machine";

    /** More than any machine has cores; OpenMP runs out of memory far above. */
    private static final int MOST_THREADS = 1024;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description =
                    "auto, cpu, cuda, or cuda:N for device N. All but auto fail if they are not"
                            + " available (default: ${DEFAULT-VALUE}).")
    String backend = Backends.AUTO;

    @Option(
            names = "--precision",
            paramLabel = "PRECISION",
            description =
                    "How feature maps are stored and multiplied: ${COMPLETION-CANDIDATES}; tf32"
                            + " rounds f32 factors where that makes the device faster. Sums,"
                            + " statistics and parameters are always f32 (default: f32).")
    private Precision precision;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Worker threads (default: one per core).")
    private Integer threads;

    @Option(
            names = "--cuda-path",
            paramLabel = "FOLDER",
            split = ":",
            description =
                    "Folders with libcudart, libcublas or libcudnn, or the folder of Python's"
                            + " nvidia package; searched before the usual places (default: none).")
    private List<Path> cudaPath = List.of();

    /** Everything that is wrong with these options, a line each. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (threads != null && (threads < 1 || threads > MOST_THREADS)) {
            problems.add("--threads must be from 1 to %d, not %d".formatted(MOST_THREADS, threads));
        }
        cudaPath.stream()
                .filter(folder -> !Files.isDirectory(folder))
                .forEach(folder -> problems.add("--cuda-path: there is no folder " + folder));
        return problems;
    }

    /** Makes backends known where these options say; before any of them is asked. */
    void apply() {
        if (!cudaPath.isEmpty()) {
            Backends.lookIn(cudaPath);
        }
    }

    /** The precision that was named, or the reference. */
    Precision precision() {
        return precision == null ? Precision.F32 : precision;
    }

    /** The precision that was named, or all. */
    List<Precision> precisions() {
        return precision == null ? List.of(Precision.values()) : List.of(precision);
    }

    /** The number of threads, 0 for the default. */
    int threads() {
        return threads == null ? 0 : threads;
    }
}

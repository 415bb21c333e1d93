package org.naturalinversion.cli;

import java.util.List;
import org.naturalinversion.app.Backends;
import org.naturalinversion.graph.Precision;
import picocli.CommandLine.Option;

/** Options about the machine. */
final class EngineOptions {
    static final String NAME = "Machine";

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = Backends.AUTO,
            description =
                    "auto, cpu, cuda, or cuda:N for the device of that number. All but auto fail"
                            + " where they cannot be had (default: auto).")
    String backend;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description =
                    "How feature maps are stored and multiplied: ${COMPLETION-CANDIDATES}; tf32 is"
                            + " f32 rounded where the device multiplies faster for it. Sums,"
                            + " statistics and parameters are f32 always (default: f32).")
    Precision precision = Precision.F32;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Worker threads (default: as many as there are cores).")
    Integer threads;

    /** Everything that is wrong with these options, a line each. */
    List<String> problems() {
        return threads == null || threads > 0
                ? List.of()
                : List.of("threads must be at least 1, not " + threads);
    }

    /** The number of threads, 0 for the default. */
    int threads() {
        return threads == null ? 0 : threads;
    }
}

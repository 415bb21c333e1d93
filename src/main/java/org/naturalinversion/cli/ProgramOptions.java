package org.naturalinversion.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Options about the program itself. */
final class ProgramOptions {
    static final String NAME = "Program";

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "YAML file with these options, named as here but without the dashes; a run's"
                            + " manifest.json is one. The command line wins. Output paths and"
                            + " library paths are taken from the command line only (default:"
                            + " none).")
    Path config;

    @Option(names = "--json", description = "Print the result as one JSON object.")
    boolean json;

    @Option(names = "--quiet", description = "Show warnings only, no progress.")
    boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "If something fails, show where.")
    boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;
}

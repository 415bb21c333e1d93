package org.naturalinversion.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.naturalinversion.app.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.TypeConversionException;

/** The command {@code ni}: bare, it prints help. */
@Command(
        name = "ni",
        description =
                "Data-free image synthesis: a trained classifier in, images of its classes out.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Versions.class,
        subcommands = {
            SynthesizeCommand.class,
            InspectCommand.class,
            TrainCommand.class,
            EvaluateCommand.class,
            ExportCommand.class,
            DoctorCommand.class,
            BenchCommand.class,
            HelpCommand.class,
            VersionCommand.class,
            CompletionCommand.class,
            ManCommand.class
        })
public final class Main {
    /** Runs one command and exits with its code. */
    public static void main(String[] arguments) {
        // Numbers are printed the same everywhere, as they can be read again.
        Locale.setDefault(Locale.ROOT);
        Stop stop = Stop.onSignals();
        StandardOutput out = new StandardOutput();
        CommandLine line = commandLine(stop).setOut(out.printer());
        int code = stop.exitCode(line.execute(arguments));
        line.getOut().flush();
        if (code == ExitCode.DONE && out.failure().isPresent()) {
            code = lost(out.failure().get(), line.getErr());
        }
        System.exit(code);
    }

    /** Ends work whose result could not be written; without a word if its reader has had enough. */
    private static int lost(IOException failure, PrintWriter err) {
        if (Terminal.isStandardOutputPiped()) {
            return ExitCode.UNREAD;
        }
        err.println("ni: standard output cannot be written to: " + failure.getMessage());
        err.flush();
        return ExitCode.FAILED;
    }

    /** The whole command line, ready to execute; no signal stops it. */
    static CommandLine commandLine() {
        return commandLine(new Stop());
    }

    private static CommandLine commandLine(Stop stop) {
        CommandLine line = new CommandLine(new Main());
        Execution execution = new Execution(stop);
        line.setExecutionStrategy(execution);
        line.setParameterExceptionHandler(execution);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        // An argument is an argument: @FILE would read options from a file that nobody named as
        // one.
        line.setExpandAtFiles(false);
        line.registerConverter(Path.class, Main::path);
        configure(line);
        return line;
    }

    private static void configure(CommandLine command) {
        command.getCommandSpec().parser().collectErrors(true);
        command.getCommandSpec().usageMessage().sortOptions(false);
        HelpSections.install(command);
        command.getSubcommands().values().forEach(Main::configure);
    }

    /** An unset variable in a script is not the current folder. */
    private static Path path(String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException("is empty, expected a path");
        }
        return Path.of(text);
    }

    /** The program's name and version. */
    static final class Versions implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Version.NAME + " " + Version.number()};
        }
    }
}

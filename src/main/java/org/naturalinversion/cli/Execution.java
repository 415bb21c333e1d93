package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.naturalinversion.app.UsageException;
import org.naturalinversion.model.io.Printable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * How every command is executed: settings from a file, everything checked at once, then the work.
 * What fails becomes one line and an exit code.
 */
final class Execution implements IExecutionStrategy, IParameterExceptionHandler {
    private static final String ANY_CASE = " (case-insensitive)";

    /** How Java writes a value whose words are shown with hyphens; picocli lists both. */
    private static final String JAVA_NAME = "\\b[a-z0-9]+(_[a-z0-9]+)+, ";

    private final Stop stop;

    /** Executes commands, which this stops. */
    Execution(Stop stop) {
        this.stop = stop;
    }

    @Override
    public int execute(ParseResult parsed) {
        CommandLine command = last(parsed).commandSpec().commandLine();
        try {
            Integer helped = CommandLine.executeHelpRequest(parsed);
            return helped != null ? helped : run(command, parsed);
        } catch (Exception | VirtualMachineError | LinkageError e) {
            // A mapped file that is cut short while it is read is an InternalError.
            return fail(command, e);
        }
    }

    /** For the mistakes after which picocli cannot go on. */
    @Override
    public int handleParseException(ParameterException e, String[] arguments) {
        return fail(e.getCommandLine(), new UsageException(String.join("; ", describe(e))));
    }

    private int run(CommandLine command, ParseResult parsed) {
        if (!(command.getCommand() instanceof BaseCommand)) {
            UsageException.throwIf(problems(parsed, Optional.empty()));
            if (command.getCommand() instanceof Runnable help) {
                help.run();
            } else {
                command.usage(command.getOut());
            }
            command.getOut().flush();
            return ExitCode.DONE;
        }
        BaseCommand work = command.getCommand();
        Optional<SettingsFile> file =
                work.settingsFile().map(path -> SettingsFile.read(path, command.getCommandSpec()));
        ParseResult complete = file.isEmpty() ? parsed : parsedWith(file.get(), parsed, work);
        List<String> problems = problems(complete, file);
        problems.addAll(more(work, unread(parsed), file.isPresent()));
        UsageException.throwIf(problems);
        work.prepare(stop);
        return work.call();
    }

    /** What is wrong with values, less what follows from options whose own cannot be read. */
    private static List<String> more(BaseCommand work, List<OptionSpec> unread, boolean fromFile) {
        // Picocli takes nothing from a file once it could not read an argument: all would be
        // missing.
        return !unread.isEmpty() && fromFile
                ? List.of()
                : work.problems().stream()
                        .filter(problem -> unread.stream().noneMatch(o -> names(problem, o)))
                        .toList();
    }

    private static boolean names(String problem, OptionSpec option) {
        return Pattern.compile(Pattern.quote(option.longestName()) + "(?![\\w-])")
                .matcher(problem)
                .find();
    }

    /** The options that are given, but with no value or none that can be read. */
    private static List<OptionSpec> unread(ParseResult parsed) {
        return last(parsed).errors().stream().flatMap(Execution::option).toList();
    }

    /** The arguments once more; options that are not given take their values from a file. */
    private static ParseResult parsedWith(SettingsFile file, ParseResult parsed, BaseCommand work) {
        ParseResult last = last(parsed);
        last.matchedOptions().stream()
                .flatMap(option -> work.replacedBy(option.longestName()).stream())
                .forEach(file::forget);
        last.errors().stream()
                .flatMap(Execution::option)
                .map(OptionSpec::longestName)
                .forEach(file::forget);
        last.commandSpec().defaultValueProvider(file);
        // Do not expand ${...} in values of a file; help texts use it.
        last.commandSpec().interpolateVariables(false);
        // Picocli takes no more values after one that is wrong: that one is put aside.
        ParseResult complete;
        do {
            complete =
                    parsed.commandSpec()
                            .commandLine()
                            .parseArgs(parsed.originalArgs().toArray(String[]::new));
        } while (refusesAny(file, last(complete)));
        return complete;
    }

    /** Puts the file's values aside that options cannot have; says whether there were any. */
    private static boolean refusesAny(SettingsFile file, ParseResult complete) {
        boolean any = false;
        for (Exception error : complete.errors()) {
            any |= option(error).anyMatch(option -> file.refuse(option, message(error)));
        }
        return any;
    }

    /** The option that a mistake is about, if it is about one. */
    private static Stream<OptionSpec> option(Exception error) {
        if (error instanceof MissingParameterException missing) {
            return missing.getMissing().stream()
                    .filter(OptionSpec.class::isInstance)
                    .map(OptionSpec.class::cast);
        }
        return error instanceof ParameterException mistake
                        && mistake.getArgSpec() instanceof OptionSpec option
                ? Stream.of(option)
                : Stream.empty();
    }

    private static ParseResult last(ParseResult parsed) {
        return parsed.hasSubcommand() ? last(parsed.subcommand()) : parsed;
    }

    /** What cannot be understood of the arguments and of the file. */
    private static List<String> problems(ParseResult parsed, Optional<SettingsFile> file) {
        List<String> problems = new ArrayList<>();
        file.ifPresent(f -> problems.addAll(f.problems()));
        for (ParseResult at = parsed; at != null; at = at.subcommand()) {
            causes(at.errors()).forEach(error -> problems.addAll(describe(error)));
        }
        return problems;
    }

    /** A wrong argument of a command counts once, not also as one that is missing or too many. */
    private static List<Exception> causes(List<Exception> errors) {
        List<Exception> wrong =
                errors.stream()
                        .filter(
                                error ->
                                        !(error instanceof MissingParameterException)
                                                && error instanceof ParameterException mistake
                                                && mistake.getArgSpec()
                                                        instanceof PositionalParamSpec)
                        .toList();
        return wrong.isEmpty() ? errors : wrong;
    }

    private static List<String> describe(Exception error) {
        if (!(error instanceof UnmatchedArgumentException unmatched)) {
            return List.of(message(error));
        }
        // The words behind an unknown option are most likely its value.
        List<String> words = unmatched.getUnmatched();
        List<String> options = words.stream().filter(word -> word.startsWith("-")).toList();
        return (options.isEmpty() ? words : options)
                .stream().map(word -> unknown(word, unmatched.getCommandLine())).toList();
    }

    private static String message(Exception error) {
        String text = error.getMessage();
        text = text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
        // Values of enumerations are shown as they are written here.
        return text.contains(ANY_CASE)
                ? text.replace(ANY_CASE, "").toLowerCase(Locale.ROOT).replaceAll(JAVA_NAME, "")
                : text;
    }

    private static String unknown(String argument, CommandLine command) {
        if (argument.startsWith("-")) {
            String name = argument.replaceFirst("=.*", "");
            return Nearest.unknown(
                    "option",
                    name,
                    command.getCommandSpec().options().stream()
                            .map(OptionSpec::longestName)
                            .toList());
        }
        return command.getSubcommands().isEmpty()
                ? "unexpected argument '%s'".formatted(argument)
                : Nearest.unknown("command", argument, command.getSubcommands().keySet());
    }

    private static int fail(CommandLine command, Throwable failure) {
        int code = ExitCode.of(failure);
        String help =
                code == ExitCode.USAGE
                        ? " (see %s --help)".formatted(command.getCommandSpec().qualifiedName())
                        : "";
        command.getErr().println("ni: " + ExitCode.message(failure) + help);
        if (isVerbose(command)) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            command.getErr().println(Printable.lines(trace.toString()));
        }
        command.getErr().flush();
        return code;
    }

    private static boolean isVerbose(CommandLine command) {
        return command.getCommand() instanceof BaseCommand work && work.program.verbose;
    }
}

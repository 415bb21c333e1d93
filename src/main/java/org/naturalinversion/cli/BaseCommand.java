package org.naturalinversion.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.naturalinversion.app.Watcher;
import org.naturalinversion.model.io.AtomicFiles;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What all commands share: the options that are about the program, and how results are printed. */
abstract class BaseCommand implements Callable<Integer> {
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .addModule(
                            new SimpleModule()
                                    .addSerializer(Path.class, ToStringSerializer.instance))
                    .build();

    @Spec private CommandSpec spec;

    @Mixin(name = ProgramOptions.NAME)
    ProgramOptions program;

    private Stop stop;

    /** Does the work; everything has been checked that {@link #problems} checks. */
    @Override
    public abstract Integer call();

    /** Everything that is wrong with the options, a line each. */
    List<String> problems() {
        return List.of();
    }

    /** The file that has settings for options that are not given. */
    Optional<Path> settingsFile() {
        return Optional.ofNullable(program.config);
    }

    /**
     * To complete what is in a folder, a file in it has the settings, unless another is given.
     *
     * @param folder where it is; null if none is named
     * @param name of that file
     */
    final Optional<Path> settingsIn(Path folder, String name) {
        return program.config == null && folder != null
                ? Optional.of(folder.resolve(name)).filter(Files::isRegularFile)
                : Optional.ofNullable(program.config);
    }

    /** Tells what is done of stopped work, and the command that completes it. */
    final int stopped(int done, int wanted, String unit, String command, Path folder) {
        err().printf(
                        "ni: stopped after %d of %d %s; continue with: %s%n",
                        done, wanted, unit, Shell.ni(command, "--out", folder, "--resume"));
        return ExitCode.STOPPED;
    }

    /** Brings about what the options say of the machine, and what stops the work; before it. */
    final void prepare(Stop wish) {
        stop = wish;
        CommandSpec engine = spec.mixins().get(EngineOptions.NAME);
        if (engine != null) {
            ((EngineOptions) engine.userObject()).apply();
        }
    }

    /** Options whose values from the settings file do not count when another option is given. */
    Set<String> replacedBy(String option) {
        return Set.of();
    }

    /** Standard output: results, nothing else. */
    final PrintWriter out() {
        return new PlainWriter(spec.commandLine().getOut());
    }

    /** Standard error: progress, notes, failures. */
    final PrintWriter err() {
        return new PlainWriter(spec.commandLine().getErr());
    }

    /**
     * Who watches the work: shows progress in the way that was asked for and fits where it is
     * shown, and stops it at Ctrl-C, which from now on ends nothing before it is in order.
     */
    final Watcher watcher() {
        Watcher watcher =
                program.quiet
                        ? new QuietWatcher(err(), stop)
                        : Terminal.isStandardError()
                                ? new BarWatcher(err(), stop, spec.usageMessage().width())
                                : new LineWatcher(err(), stop);
        stop.inGoodOrder(() -> watcher.note("stopping; press Ctrl-C again to end at once"));
        return watcher;
    }

    /** Prints a result: as one JSON object if that was asked for, else for people. */
    final void print(Object result, Consumer<PrintWriter> forPeople) {
        PrintWriter out = out();
        if (program.json) {
            out.println(json(result));
        } else {
            forPeople.accept(out);
        }
        out.flush();
    }

    /**
     * Writes a result to a file, as one JSON object.
     *
     * @throws UncheckedIOException if that fails; the message is one line that names the file
     */
    static void write(Path file, Object result) {
        byte[] text = (json(result) + "\n").getBytes(StandardCharsets.UTF_8);
        AtomicFiles.write(file, AtomicFiles.Content.of(text));
    }

    private static String json(Object result) {
        try {
            return JSON.writeValueAsString(result);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a result that is not JSON", e);
        }
    }
}

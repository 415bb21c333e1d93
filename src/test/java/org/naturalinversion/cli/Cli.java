package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.naturalinversion.app.SynthesisRequest;
import org.naturalinversion.app.SynthesisResult;
import picocli.CommandLine;

/** The program, run within the test. */
record Cli(int code, String out, String err) {
    /** Somebody else's work. */
    interface Work {
        SynthesisResult run(SynthesisRequest request) throws Throwable;
    }

    /** Runs the program. */
    static Cli run(Object... arguments) {
        return run(Main.commandLine(), Arrays.stream(arguments).map(Object::toString).toList());
    }

    /** Runs the program with words that have no spaces within. */
    static Cli line(String arguments) {
        return run(Main.commandLine(), List.of(arguments.split(" ", -1)));
    }

    /** Runs {@code ni synthesize}, with somebody else doing the work. */
    static Cli with(Work work, String... flags) {
        CommandLine line = Main.commandLine();
        SynthesizeCommand command = line.getSubcommands().get("synthesize").getCommand();
        command.use(
                (request, watcher) -> {
                    try {
                        return work.run(request);
                    } catch (RuntimeException | Error e) {
                        throw e;
                    } catch (Throwable e) {
                        throw new AssertionError(e);
                    }
                });
        List<String> words = new ArrayList<>(List.of("synthesize"));
        words.addAll(Arrays.asList(flags));
        return run(line, words);
    }

    private static Cli run(CommandLine line, List<String> words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = line.execute(words.toArray(String[]::new));
        return new Cli(code, out.toString(), err.toString());
    }
}

package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Model.OptionSpec;

/** One mistake has one complaint, whichever option it is made with. */
class ComplaintsTest {
    /** What a command cannot do without. */
    private static final Map<String, List<String>> NEEDED =
            Map.of(
                    "evaluate", List.of("--data=images"),
                    "train", List.of("--data=images"),
                    "export", List.of("--out=a.onnx"),
                    "inspect", List.of("a.th"));

    @TempDir Path folder;

    /** Every command with every option that takes a value: last, without one. */
    static Stream<List<String>> withoutValue() {
        return options(option -> option.arity().min() > 0, option -> option.longestName());
    }

    /** Every command with every option that takes a number or a word out of few. */
    static Stream<List<String>> withWrongValue() {
        return options(
                option ->
                        option.arity().max() > 0
                                && !List.of(String.class, Path.class)
                                        .contains(option.auxiliaryTypes()[0]),
                option -> option.longestName() + "=?");
    }

    private static Stream<List<String>> options(
            Predicate<OptionSpec> which, Function<OptionSpec, String> word) {
        return Main.commandLine().getSubcommands().entrySet().stream()
                .flatMap(
                        command ->
                                command.getValue().getCommandSpec().options().stream()
                                        .filter(which)
                                        .map(o -> words(command.getKey(), o, word.apply(o))));
    }

    private static List<String> words(String command, OptionSpec option, String last) {
        List<String> words = new ArrayList<>(List.of(command));
        NEEDED.getOrDefault(command, List.of()).stream()
                .filter(word -> !word.startsWith(option.longestName() + "="))
                .forEach(words::add);
        words.add(last);
        return words;
    }

    /** Every command with every option that takes a path. */
    static Stream<List<String>> withAnEmptyPath() {
        return options(
                option -> option.auxiliaryTypes()[0] == Path.class,
                option -> option.longestName() + "=");
    }

    @ParameterizedTest
    @MethodSource({"withoutValue", "withWrongValue", "withAnEmptyPath"})
    void aValueThatCannotBeReadHasOne(List<String> words) {
        String option = words.get(words.size() - 1).replaceFirst("=.*", "");
        Cli result = Cli.run(words.toArray());

        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(result.err()).startsWith("ni: ").contains(option).hasLineCount(1);
        assertThat(result.err().split("; ")).hasSize(1);
    }

    @Test
    void soHasOneBesideASettingsFile() throws IOException {
        Path file = Files.writeString(folder.resolve("run.yaml"), "data: images\nbatch: 3\n");
        Cli result = Cli.run("evaluate", "--config", file, "--limit=x");
        assertThat(result.err())
                .isEqualTo(
                        "ni: invalid value for option '--limit': 'x' is not an int"
                                + " (see ni evaluate --help)\n");
    }

    @Test
    void soHasAnEmptyArgument() {
        assertThat(Cli.run("inspect", "").err())
                .isEqualTo(
                        "ni: invalid value for positional parameter at index 0 (FILE): is empty,"
                                + " expected a path (see ni inspect --help)\n");
    }

    @Test
    void readsNoOptionsFromAFileBehindAnAt() throws IOException {
        Path file = Files.writeString(folder.resolve("a.onnx"), "--version");
        assertThat(Cli.run("inspect", "@" + file).err())
                .startsWith("ni: @%s: ".formatted(file))
                .hasLineCount(1);
    }

    @Test
    void soHasAMissingArgument() {
        assertThat(Cli.run("inspect").err())
                .isEqualTo("ni: missing required parameter: 'FILE' (see ni inspect --help)\n");
    }
}

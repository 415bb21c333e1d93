package org.naturalinversion.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.method.Settings;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Help, manual pages and completion, of every command and option. */
class HelpTest {
    @TempDir Path folder;

    static List<String> commands() {
        return List.copyOf(Main.commandLine().getSubcommands().keySet());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void isTheSameHoweverItIsAskedFor(String command) {
        Cli help = Cli.run("help", command);
        assertThat(help.code()).isZero();
        assertThat(help.err()).isEmpty();
        assertThat(help.out()).startsWith("Usage: ni " + command);
        assertThat(help.out().lines()).allMatch(line -> line.length() <= 80);
        if (Main.commandLine().getSubcommands().get(command).getCommand() instanceof BaseCommand) {
            assertThat(Cli.run(command, "--help").out()).isEqualTo(help.out());
        }
    }

    @Test
    void isThatOfTheProgramWhereNoCommandIsNamed() {
        assertThat(Cli.run("help").out()).isEqualTo(Cli.run("--help").out()).contains("help  ");
        assertThat(Cli.run("version").out()).isEqualTo(Cli.run("--version").out());
    }

    @Test
    void namesTheDefaultOfEveryOption() {
        assertThat(Main.commandLine().getSubcommands().values())
                .flatExtracting(HelpTest::optionsWithValues)
                .hasSizeGreaterThan(80)
                .allSatisfy(
                        option ->
                                assertThat(String.join("", option.description()))
                                        .as(option.longestName())
                                        .containsPattern("\\((default: .|required)"));
    }

    private static List<OptionSpec> optionsWithValues(CommandLine command) {
        return command.getCommandSpec().options().stream()
                .filter(option -> option.arity().max() > 0 || option.negatable())
                .toList();
    }

    @Test
    void showsWhatPresetsAre() {
        String help = Cli.run("help", "synthesize").out();
        Settings.QUICK
                .values()
                .keySet()
                .forEach(
                        name ->
                                assertThat(help)
                                        .containsPattern("\n  --" + name + "( +[\\w.-]+){3,4}\n"));
        assertThat(help)
                .containsPattern("--iterations +2000 +4000 +400\n")
                .containsPattern("--ce-weight +1.0 +1.0 +10.0 +1.0\n");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void becomesAManualPageThatRoffCanRead(String command) {
        Cli man = Cli.run("man", command);
        assertThat(man.code()).isZero();
        assertThat(man.out())
                .startsWith(".TH NI-" + command.toUpperCase(Locale.ROOT) + " 1 ")
                .contains(".SH NAME\nni\\-" + command + " \\- ", ".SH SYNOPSIS\n");
        assertThat(man.out().lines().filter(line -> line.startsWith(".")))
                .allMatch(line -> line.matches("\\.(TH|SH|TP|B|PP|nf|fi)( .*)?"));
        for (OptionSpec option :
                optionsWithValues(Main.commandLine().getSubcommands().get(command))) {
            String name = option.longestName().substring(2).replace("-", "\\-");
            assertThat(man.out()).containsPattern("\n\\.B .*" + Pattern.quote(name));
        }
    }

    @Test
    void bashCompletesCommandsOptionsAndValues() throws Exception {
        Path script = Files.writeString(folder.resolve("ni.bash"), Cli.run("completion").out());

        assertThat(completed(script, "ni syn")).isEqualTo("synthesize");
        assertThat(completed(script, "ni synthesize --iter")).isEqualTo("--iterations");
        for (String command : commands()) {
            for (OptionSpec option :
                    optionsWithValues(Main.commandLine().getSubcommands().get(command))) {
                if (option.auxiliaryTypes()[0].isEnum()) {
                    String line = "ni %s %s ".formatted(command, option.longestName());
                    assertThat(completed(script, line).split(" "))
                            .as(line)
                            .isEqualTo(words(option.auxiliaryTypes()[0]));
                }
            }
        }
    }

    private static String[] words(Class<?> choice) {
        return Stream.of(choice.getEnumConstants()).map(Object::toString).toArray(String[]::new);
    }

    private static String completed(Path script, String line) throws Exception {
        String typed =
                "compopt() { :; }; source '%s'; COMP_LINE='%s'; COMP_POINT=${#COMP_LINE}; COMP_WORDS=(%s);"
                                .formatted(script, line, line.endsWith(" ") ? line + "''" : line)
                        + " COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _complete_ni;"
                        + " printf '%s ' \"${COMPREPLY[@]}\"";
        Process bash = new ProcessBuilder("bash", "-c", typed).redirectErrorStream(true).start();
        return new String(bash.getInputStream().readAllBytes(), UTF_8).strip();
    }
}

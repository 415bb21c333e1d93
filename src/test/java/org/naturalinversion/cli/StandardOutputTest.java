package org.naturalinversion.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Results that cannot be written are a failure; results that nobody wants to read are none. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StandardOutputTest {
    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version", "synthesize --help", "bench --list --json"})
    void fullDisksAreAFailure(String arguments) throws Exception {
        Process process =
                new ProcessBuilder(command(arguments))
                        .redirectOutput(new File("/dev/full"))
                        .start();
        String errors = new String(process.getErrorStream().readAllBytes(), UTF_8);

        assertThat(process.waitFor()).isEqualTo(ExitCode.FAILED);
        assertThat(errors)
                .startsWith("ni: standard output cannot be written to: No space left")
                .hasLineCount(1);
    }

    @Test
    void readersThatHaveHadEnoughAreNone() throws Exception {
        Process process = new ProcessBuilder(command("synthesize --help")).start();
        process.getInputStream().close();

        assertThat(process.getErrorStream().readAllBytes()).isEmpty();
        assertThat(process.waitFor()).isEqualTo(ExitCode.UNREAD);
    }

    @Test
    void whatIsWrittenIsWhole() throws Exception {
        Process process = new ProcessBuilder(command("synthesize --help")).start();
        String help = new String(process.getInputStream().readAllBytes(), UTF_8);

        assertThat(help).isEqualTo(Cli.line("synthesize --help").out());
        assertThat(process.waitFor()).isZero();
    }

    private static List<String> command(String arguments) {
        return Child.java(Main.class, (Object[]) arguments.split(" ", -1));
    }
}

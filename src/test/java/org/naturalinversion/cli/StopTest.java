package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signals, sent to a program of their own. */
@EnabledOnOs(OS.LINUX)
class StopTest {
    @ParameterizedTest
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @CsvSource({"INT, 130", "TERM, 143"})
    void lendsTheProgramTimeToEndInGoodOrder(String signal, int code) throws Exception {
        // A shell's child in the background ignores SIGINT, and so do its own children.
        Process process =
                new ProcessBuilder(
                                "env",
                                "--default-signal=INT",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Worker.class.getName())
                        .redirectErrorStream(true)
                        .start();
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.readLine()).isEqualTo("working");
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            assertThat(output.readLine()).isEqualTo("stopped in good order");
        }
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(code);
    }

    /** Works until it is asked to stop, and takes a while to do so. */
    static final class Worker {
        private Worker() {}

        public static void main(String[] arguments) throws IOException, InterruptedException {
            int code = 1;
            try (Stop stop = new Stop()) {
                System.out.println("working");
                while (!stop.isRequested()) {
                    Thread.sleep(1);
                }
                Thread.sleep(200);
                System.out.println("stopped in good order");
                code = ExitCode.STOPPED;
            }
            System.exit(code);
        }
    }
}

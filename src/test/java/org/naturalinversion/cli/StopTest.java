package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signals: told one by one, and sent to a program of their own. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StopTest {
    private static final long MILLI = 1_000_000;
    private static final int INT = 2;
    private static final int TERM = 15;

    private final List<String> seen = new ArrayList<>();
    private long now = 5;
    private final Stop stop =
            new Stop(() -> now, code -> seen.add("exit " + code), code -> seen.add("halt " + code));

    @Test
    void endsWhatKnowsNoGoodOrder() {
        stop.signalled(TERM);
        assertThat(seen).containsExactly("exit 143");
    }

    @Test
    void asksFirstAndEndsThen() {
        stop.inGoodOrder(() -> seen.add("told"));
        assertThat(stop.isRequested()).isFalse();

        stop.signalled(INT);
        assertThat(stop.isRequested()).isTrue();
        assertThat(seen).containsExactly("told");

        now += 150 * MILLI;
        stop.signalled(TERM);
        assertThat(seen).containsExactly("told", "halt 143");
    }

    @Test
    void takesSignalsAtOneTimeForOneWish() {
        stop.inGoodOrder(() -> seen.add("told"));
        stop.signalled(INT);
        now += 20 * MILLI;
        stop.signalled(INT);
        assertThat(seen).containsExactly("told");
    }

    @Test
    void changesTheCodeOnlyOfWorkThatWasStopped() {
        assertThat(stop.exitCode(ExitCode.STOPPED)).isEqualTo(130);
        stop.inGoodOrder(() -> {});
        stop.signalled(TERM);
        assertThat(stop.exitCode(ExitCode.STOPPED)).isEqualTo(143);
        assertThat(stop.exitCode(ExitCode.DONE)).isZero();
        assertThat(stop.exitCode(ExitCode.FAILED)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnabledOnOs(OS.LINUX)
    @CsvSource({"INT, 130", "TERM, 143", "HUP, 129"})
    void lendsTheProgramTimeToEndInGoodOrder(String signal, int code) throws Exception {
        Process process = Child.start(Child.java(Worker.class, "stops"));
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.readLine()).isEqualTo("working");
            send(signal, process);
            assertThat(output.readLine()).isEqualTo("asked");
            assertThat(output.readLine()).isEqualTo("stopped in good order");
        }
        assertEnds(process, code);
    }

    @ParameterizedTest
    @EnabledOnOs(OS.LINUX)
    @CsvSource({"INT, 130", "TERM, 143"})
    void endsAtTheSecondSignalWhatHangs(String signal, int code) throws Exception {
        Process process = Child.start(Child.java(Worker.class, "hangs"));
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.readLine()).isEqualTo("working");
            send(signal, process);
            assertThat(output.readLine()).isEqualTo("asked");
            assertThat(process.isAlive()).isTrue();
            Thread.sleep(200);
            send(signal, process);
            assertThat(output.readLine()).isNull();
        }
        assertEnds(process, code);
    }

    private static void send(String signal, Process process) throws Exception {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    }

    private static void assertEnds(Process process, int code) throws InterruptedException {
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(code);
    }

    /** Works until it is asked to stop, and takes a while to do so; or hears nothing. */
    static final class Worker {
        private Worker() {}

        public static void main(String[] arguments) throws IOException, InterruptedException {
            boolean hangs = arguments[0].equals("hangs");
            Stop stop = Stop.onSignals();
            stop.inGoodOrder(() -> System.out.println("asked"));
            System.out.println("working");
            while (hangs || !stop.isRequested()) {
                Thread.sleep(1);
            }
            Thread.sleep(200);
            System.out.println("stopped in good order");
            System.exit(stop.exitCode(ExitCode.STOPPED));
        }
    }
}

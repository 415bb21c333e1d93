package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class LineWatcherTest {
    private static final long MILLI = 1_000_000;

    private final StringWriter out = new StringWriter();
    private long now = 17;

    @Test
    void saysHowItGoesEveryFewSeconds() {
        LineWatcher watcher = new LineWatcher(new PrintWriter(out), new Stop(), () -> now);
        watcher.note("backend cpu");
        watcher.begin("iteration", 400);
        for (int i = 1; i <= 400; i++) {
            now += 50 * MILLI;
            watcher.advance(i, "loss " + i);
        }
        watcher.end();
        assertThat(watcher.wantsStop()).isFalse();
        assertThat(out.toString().lines())
                .hasSize(11)
                .startsWith(
                        "backend cpu",
                        "40 of 400 iterations, 20.0/s, 18 s left, loss 40",
                        "80 of 400 iterations, 20.0/s, 16 s left, loss 80");
    }

    @Test
    void writesSpansOfTimeForPeople() {
        assertThat(Duration.text(3.24)).isEqualTo("3.2 s");
        assertThat(Duration.text(47.4)).isEqualTo("47 s");
        assertThat(Duration.text(125)).isEqualTo("2:05 min");
        assertThat(Duration.text(4050)).isEqualTo("1:07:30 h");
    }
}

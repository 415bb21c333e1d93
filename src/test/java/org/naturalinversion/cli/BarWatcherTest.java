package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class BarWatcherTest {
    private static final long MILLI = 1_000_000;

    private final StringWriter out = new StringWriter();
    private long now = 17;

    @Test
    void drawsOneLineOverAndOver() {
        BarWatcher watcher = watcher(80);
        watcher.begin("iteration", 400);
        assertThat(out.toString()).startsWith("\r  0 % |   ").endsWith(" | 0 of 400 iterations");
        for (int i = 1; i <= 200; i++) {
            now += 50 * MILLI;
            watcher.advance(i, "loss 3");
        }

        String[] lines = out.toString().split("\r", -1);
        assertThat(lines).hasSize(1 + 1 + 50).allMatch(line -> line.length() <= 79);
        assertThat(lines[51])
                .startsWith(" 50 % |█")
                .contains("200 of 400 iterations, 20.0/s, 10 s left, loss 3");
        String cells = lines[51].substring(lines[51].indexOf('|') + 1, lines[51].lastIndexOf('|'));
        assertThat(cells).hasSizeGreaterThan(9).matches("█+[▌ ] +");
        assertThat(cells.indexOf(' ')).isBetween(cells.length() / 2, cells.length() / 2 + 1);
    }

    @Test
    void leavesNothingBehind() {
        BarWatcher watcher = watcher(80);
        watcher.begin("image", 4);
        watcher.end();
        assertThat(out.toString()).endsWith("\r" + " ".repeat(79) + "\r");
        watcher.note("done");
        assertThat(out.toString()).endsWith("\rdone" + System.lineSeparator());
    }

    @Test
    void writesNotesAboveTheBar() {
        BarWatcher watcher = watcher(80);
        watcher.begin("step", 9);
        String bar = out.toString();
        watcher.note("epoch 1");
        assertThat(out.toString())
                .isEqualTo(
                        bar + "\r" + " ".repeat(79) + "\repoch 1" + System.lineSeparator() + bar);
    }

    @Test
    void isCutToANarrowTerminal() {
        BarWatcher watcher = watcher(30);
        watcher.begin("iteration", 400);
        now += 1000 * MILLI;
        watcher.advance(100, "batch 3 of 17, loss 4");
        assertThat(out.toString().split("\r", -1)).allMatch(line -> line.length() <= 29);
        assertThat(out.toString()).endsWith(" 25 % 100 of 400 iterations, ");
    }

    private BarWatcher watcher(int width) {
        return new BarWatcher(new PrintWriter(out), new Stop(), width, () -> now);
    }
}

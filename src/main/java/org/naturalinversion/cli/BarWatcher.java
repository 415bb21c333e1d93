package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.util.function.LongSupplier;

/**
 * Shows progress on a terminal: one line that is written over and over, with a bar. Nothing else is
 * asked of the terminal, whose signals are {@link Stop}'s alone.
 */
final class BarWatcher extends ProgressWatcher {
    private static final double EVERY_SECONDS = 0.2;
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";
    private static final String WHOLE = "█";

    /** A shorter bar is not worth its place. */
    private static final int LEAST_CELLS = 5;

    private final int width;
    private String drawn = "";

    /**
     * Shows progress.
     *
     * @param width the terminal's columns
     */
    BarWatcher(PrintWriter out, Stop stop, int width) {
        this(out, stop, width, System::nanoTime);
    }

    BarWatcher(PrintWriter out, Stop stop, int width, LongSupplier nanoTime) {
        super(out, stop, EVERY_SECONDS, nanoTime);
        // In the last column some terminals go on to the next line.
        this.width = width - 1;
    }

    @Override
    public synchronized void note(String line) {
        String before = drawn;
        draw("");
        super.note(line);
        draw(before);
    }

    @Override
    public synchronized void begin(String unit, long steps) {
        super.begin(unit, steps);
        show(0, "0 of %d %ss".formatted(steps, unit));
    }

    @Override
    public synchronized void end() {
        super.end();
        draw("");
    }

    @Override
    void show(double share, String text) {
        String percent = "%3.0f %% ".formatted(Math.floor(100 * share));
        int cells = width - percent.length() - text.length() - 3;
        String line = percent + (cells < LEAST_CELLS ? "" : bar(share, cells)) + text;
        draw(line.substring(0, Math.min(width, line.length())));
    }

    private static String bar(double share, int cells) {
        int eighths = (int) (8 * share * cells);
        String filled =
                WHOLE.repeat(eighths / 8)
                        + (eighths < 8 * cells
                                ? EIGHTHS.substring(eighths % 8, eighths % 8 + 1)
                                : "");
        return "|%s| ".formatted(filled + " ".repeat(cells - filled.length()));
    }

    /** Writes over the line. */
    private void draw(String line) {
        if (!line.isEmpty() || !drawn.isEmpty()) {
            String rest = " ".repeat(Math.max(0, drawn.length() - line.length()));
            write("\r" + line + rest + (line.isEmpty() ? "\r" : ""));
        }
        drawn = line;
    }
}

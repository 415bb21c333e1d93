package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.util.function.LongSupplier;

/** Shows progress as lines, for log files: one every few seconds. */
final class LineWatcher extends QuietWatcher {
    private static final double EVERY_SECONDS = 2;

    private final PrintWriter out;
    private final LongSupplier nanoTime;
    private String unit;
    private long steps;
    private long start;
    private long shown;

    LineWatcher(PrintWriter out, Stop stop) {
        this(out, stop, System::nanoTime);
    }

    LineWatcher(PrintWriter out, Stop stop, LongSupplier nanoTime) {
        super(stop);
        this.out = out;
        this.nanoTime = nanoTime;
    }

    @Override
    public void note(String line) {
        out.println(line);
        out.flush();
    }

    @Override
    public void begin(String what, long of) {
        unit = what;
        steps = of;
        start = nanoTime.getAsLong();
        shown = start;
    }

    @Override
    public void advance(long done, String detail) {
        long now = nanoTime.getAsLong();
        if ((now - shown) / 1e9 >= EVERY_SECONDS) {
            shown = now;
            double rate = done / ((now - start) / 1e9);
            note(
                    "%d of %d %ss, %.3g/s, %s left, %s"
                            .formatted(
                                    done,
                                    steps,
                                    unit,
                                    rate,
                                    Duration.text((steps - done) / rate),
                                    detail));
        }
    }
}

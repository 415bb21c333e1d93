package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.util.function.LongSupplier;
import org.naturalinversion.model.io.Printable;

/** Says every now and then how far the work is, at what rate, and how long it will still take. */
abstract class ProgressWatcher extends QuietWatcher {
    private final double everySeconds;
    private final LongSupplier nanoTime;
    private String unit;
    private long steps;
    private long start;
    private long shown;

    /**
     * Shows progress.
     *
     * @param everySeconds the least time between two looks at it
     * @param nanoTime the clock
     */
    ProgressWatcher(PrintWriter out, Stop stop, double everySeconds, LongSupplier nanoTime) {
        super(out, stop);
        this.everySeconds = everySeconds;
        this.nanoTime = nanoTime;
    }

    /**
     * Shows how far the work is.
     *
     * @param share of all steps that is done
     * @param text the same in words
     */
    abstract void show(double share, String text);

    @Override
    public void warn(String line) {
        note("warning: " + line);
    }

    @Override
    public synchronized void note(String line) {
        write(Printable.line(line) + System.lineSeparator());
    }

    @Override
    public synchronized void begin(String what, long of) {
        unit = what;
        steps = of;
        start = nanoTime.getAsLong();
        shown = start;
    }

    @Override
    public synchronized void advance(long done, String detail) {
        long now = nanoTime.getAsLong();
        if ((now - shown) / 1e9 < everySeconds) {
            return;
        }
        shown = now;
        double rate = done / ((now - start) / 1e9);
        show(
                (double) done / steps,
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

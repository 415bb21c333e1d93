package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.util.function.LongSupplier;

/** Shows progress as lines, for log files: one every few seconds. */
final class LineWatcher extends ProgressWatcher {
    private static final double EVERY_SECONDS = 2;

    LineWatcher(PrintWriter out, Stop stop) {
        this(out, stop, System::nanoTime);
    }

    LineWatcher(PrintWriter out, Stop stop, LongSupplier nanoTime) {
        super(out, stop, EVERY_SECONDS, nanoTime);
    }

    @Override
    void show(double share, String text) {
        note(text);
    }
}

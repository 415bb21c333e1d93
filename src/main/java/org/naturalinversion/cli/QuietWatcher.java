package org.naturalinversion.cli;

import java.io.PrintWriter;
import org.naturalinversion.app.Watcher;

/** Shows warnings and nothing else, and stops the work at Ctrl-C. */
class QuietWatcher implements Watcher {
    private final PrintWriter out;
    private final Stop stop;

    QuietWatcher(PrintWriter out, Stop stop) {
        this.out = out;
        this.stop = stop;
    }

    /** Writes the text unchanged, at once. */
    final void write(String text) {
        out.print(text);
        out.flush();
    }

    @Override
    public void warn(String line) {
        write("warning: " + line + System.lineSeparator());
    }

    /** Nothing is left to stop: a signal that comes now is not worth a word. */
    @Override
    public void end() {
        stop.inGoodOrder(() -> {});
    }

    @Override
    public final boolean wantsStop() {
        return stop.isRequested();
    }
}

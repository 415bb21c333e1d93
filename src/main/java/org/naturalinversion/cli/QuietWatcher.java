package org.naturalinversion.cli;

import org.naturalinversion.app.Watcher;

/** Shows nothing. */
final class QuietWatcher implements Watcher {
    private final Stop stop;

    QuietWatcher(Stop stop) {
        this.stop = stop;
    }

    @Override
    public void note(String line) {}

    @Override
    public void begin(String unit, long steps) {}

    @Override
    public void advance(long done, String detail) {}

    @Override
    public void end() {}

    @Override
    public boolean wantsStop() {
        return stop.isRequested();
    }
}

package org.naturalinversion.cli;

import org.naturalinversion.app.Watcher;

/** Shows nothing, but stops the work at Ctrl-C. */
class QuietWatcher implements Watcher {
    private final Stop stop;

    QuietWatcher(Stop stop) {
        this.stop = stop;
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

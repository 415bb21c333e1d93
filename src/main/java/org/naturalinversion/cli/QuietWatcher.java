package org.naturalinversion.cli;

import org.naturalinversion.app.Watcher;

/** Shows nothing, but stops the work at Ctrl-C. */
class QuietWatcher implements Watcher {
    private final Stop stop;

    QuietWatcher(Stop stop) {
        this.stop = stop;
    }

    @Override
    public final boolean wantsStop() {
        return stop.isRequested();
    }
}

package org.naturalinversion.app;

/** Whoever waits for a piece of work: is told how it goes, and may stop it. */
public interface Watcher {
    /** Someone who is not interested. */
    Watcher NOBODY =
            new Watcher() {
                @Override
                public void note(String line) {}

                @Override
                public void begin(String unit, long steps) {}

                @Override
                public void advance(long done, String detail) {}

                @Override
                public void end() {}
            };

    /** Something worth knowing, such as a choice that was made and why. */
    void note(String line);

    /**
     * Work begins.
     *
     * @param unit what a step is called
     * @param steps how many there will be
     */
    void begin(String unit, long steps);

    /**
     * Work goes on.
     *
     * @param done steps so far
     * @param detail what is worth knowing about them by now
     */
    void advance(long done, String detail);

    /** Work is done or given up. */
    void end();

    /** Asked often: whether to stop at the next opportunity. */
    default boolean wantsStop() {
        return false;
    }
}

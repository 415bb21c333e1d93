package org.naturalinversion.app;

/**
 * Observer of a piece of work: receives its progress and may stop it. The default methods ignore
 * everything.
 */
public interface Watcher {
    /** Something worth knowing, such as a choice that was made and why. */
    default void note(String line) {}

    /** Something that makes results worth less or other than one would expect. */
    default void warn(String line) {
        note("warning: " + line);
    }

    /**
     * Work begins.
     *
     * @param unit what a step is called
     * @param steps how many there will be
     */
    default void begin(String unit, long steps) {}

    /**
     * Work goes on.
     *
     * @param done steps so far
     * @param detail what is worth knowing about them by now
     */
    default void advance(long done, String detail) {}

    /** Work is done or given up. */
    default void end() {}

    /** Asked often: whether to stop at the next opportunity. */
    default boolean wantsStop() {
        return false;
    }
}

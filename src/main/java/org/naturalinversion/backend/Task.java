package org.naturalinversion.backend;

/**
 * A routine bound to its arguments. Running it allocates nothing; on an asynchronous backend it
 * only starts the work.
 */
@FunctionalInterface
public interface Task {
    /**
     * Runs or starts the routine.
     *
     * @throws BackendException if the native call reports a failure
     */
    void run();
}

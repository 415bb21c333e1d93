package org.naturalinversion.backend;

import java.util.Optional;

/** A kind of processor that may or may not be present on this machine. */
public interface BackendProvider {
    /**
     * The system property that names folders to look for vendors' libraries in, before the usual
     * ones.
     */
    String LIBRARY_PATH = "ni.library.path";

    /** The name that {@code --backend} takes: {@code cpu}, {@code cuda}. */
    String name();

    /** Providers with a higher rank are tried first when the choice is automatic. */
    int rank();

    /** Why this machine cannot offer this backend, in one line; empty if it can. */
    Optional<String> unavailable();

    /**
     * Whether somebody may expect this backend here, so that it is worth saying why there is none.
     */
    default boolean isExpected() {
        return true;
    }

    /**
     * Opens the processor.
     *
     * @param device which of several processors of this kind, counted from 0
     * @param threads worker threads, where the processor has such; 0 for as many as there are cores
     * @throws BackendException if it cannot be opened
     */
    Backend open(int device, int threads);
}

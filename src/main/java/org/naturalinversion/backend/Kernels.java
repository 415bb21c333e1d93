package org.naturalinversion.backend;

import java.util.List;

/** The kernels of {@code src/main/cuda/kernels}, by name. */
public interface Kernels {
    /**
     * The kernel of the given name.
     *
     * @throws BackendException if there is none
     */
    Routine find(String name);

    /** All names, in the order of the kernel list. */
    List<String> names();

    /**
     * The most partial sums per result that a reduction keeps; its scratch memory is this many
     * times its results.
     */
    int reductionParts();
}

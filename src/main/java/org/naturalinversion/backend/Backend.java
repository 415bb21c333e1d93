package org.naturalinversion.backend;

import java.util.List;

/**
 * One opened processor: the owner of all memory and primitives made through it. Not safe for use by
 * several threads at once.
 */
public interface Backend extends AutoCloseable {
    /** What this processor is and which libraries drive it. */
    Description description();

    /**
     * Memory of at least the given size, zero-filled and aligned to 64 bytes.
     *
     * @throws OutOfMemoryException if the processor has not that much left
     */
    Buffer allocate(long bytes);

    /** The element-wise, reduction and optimiser kernels. */
    Kernels kernels();

    /** Convolutions and matrix products. */
    Dnn dnn();

    /** What could still be allocated. */
    FreeMemory freeMemory();

    /**
     * Several tasks as one that runs them in their order; lives as long as they do. An asynchronous
     * backend may hand them over to the processor all at once.
     */
    Task together(List<Task> tasks);

    /** Runs a task, waits for it, and says how long the processor took. */
    double milliseconds(Task task);

    /** Waits until all tasks started so far are done. */
    void synchronize();

    /** Frees all that is still open; closing twice does nothing. */
    @Override
    void close();
}

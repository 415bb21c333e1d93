package org.naturalinversion.backend;

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

    /** Waits until all tasks started so far are done. */
    void synchronize();

    /** Frees all that is still open; closing twice does nothing. */
    @Override
    void close();
}

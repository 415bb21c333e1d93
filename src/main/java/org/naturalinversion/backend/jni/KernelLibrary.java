package org.naturalinversion.backend.jni;

import org.bytedeco.javacpp.LongPointer;

/** {@code ni_kernels.h} as one of our libraries exports it. */
public interface KernelLibrary {
    /** Number of kernels. */
    int count();

    /** Name of a kernel. */
    String name(int kernel);

    /** Its arguments after the stream, as {@link org.naturalinversion.backend.Routine} has them. */
    String signature(int kernel);

    /** Runs a kernel on the backend's stream. */
    int call(int kernel, LongPointer arguments);

    /** What a status means, in words. */
    String statusText(int status);

    /** Partial sums per result that a reduction keeps. */
    int reductionParts();
}

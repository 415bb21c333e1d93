package org.naturalinversion.backend.cpu;

/**
 * How many threads OpenMP gives to the work that a thread of ours starts: a property of that
 * thread, so every task sees to it on whichever it runs.
 */
final class HostThreads {
    private static final ThreadLocal<int[]> SET = ThreadLocal.withInitial(() -> new int[1]);

    private HostThreads() {}

    /** Lets our kernels and oneDNN, when called by this thread, use the given number. */
    static void use(int threads) {
        int[] set = SET.get();
        if (set[0] != threads) {
            set[0] = HostLibrary.ni_set_threads(threads);
        }
    }
}

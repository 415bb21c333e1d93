package org.naturalinversion.backend.cpu;

/**
 * How many threads OpenMP gives to the work that a thread of ours starts: a property of that
 * thread, so every task sets it on the thread that it runs on.
 */
final class HostThreads {
    /** The requested number, and the number obtained. */
    private static final ThreadLocal<int[]> SET = ThreadLocal.withInitial(() -> new int[2]);

    private HostThreads() {}

    /**
     * Lets our kernels and oneDNN, when called by this thread, use the given number.
     *
     * @return how many they use, which is fewer where the environment allows no more
     */
    static int use(int threads) {
        int[] set = SET.get();
        if (set[0] != threads) {
            set[1] = HostLibrary.ni_set_threads(threads);
            set[0] = threads;
        }
        return set[1];
    }
}

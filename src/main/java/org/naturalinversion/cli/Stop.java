package org.naturalinversion.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Makes of Ctrl-C and SIGTERM a request: the virtual machine, which then wants to end, is held back
 * until the work has been stopped in good order. It ends with 128 and the signal's number.
 */
final class Stop implements AutoCloseable {
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook = new Thread(this::request, "stop");
    private volatile boolean requested;

    Stop() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether the work is to stop. */
    boolean isRequested() {
        return requested;
    }

    /** Asks for the end and waits for it. */
    private void request() {
        requested = true;
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The work has ended. */
    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The virtual machine is ending already.
        }
    }
}

package org.naturalinversion.cli;

import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/**
 * A request to stop, by Ctrl-C, SIGTERM or SIGHUP. The first signal asks work that can stop cleanly
 * to stop, and ends everything else. The second signal ends the program at once, whatever it is
 * doing: files are whole at any time.
 */
final class Stop {
    /** A shell's code for a program that a signal has ended, less the signal's number. */
    private static final int SIGNALLED = 128;

    /**
     * {@code timeout} and shells signal a program and its group: within this time it is one
     * request.
     */
    private static final long ONE_WISH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final LongSupplier nanoTime;
    private final IntConsumer exit;
    private final IntConsumer halt;
    private volatile int signal;
    private long firstNanos;
    private Runnable toTell;

    Stop() {
        this(System::nanoTime, System::exit, Runtime.getRuntime()::halt);
    }

    /**
     * A stop request that {@link #signalled} makes.
     *
     * @param nanoTime the clock
     * @param exit ends the program, with a code
     * @param halt ends it whatever it is busy with
     */
    Stop(LongSupplier nanoTime, IntConsumer exit, IntConsumer halt) {
        this.nanoTime = nanoTime;
        this.exit = exit;
        this.halt = halt;
    }

    /** A stop request that receives signals from now on. */
    static Stop onSignals() {
        Stop stop = new Stop();
        Signals.handle("INT", stop::signalled);
        Signals.handle("TERM", stop::signalled);
        Signals.handle("HUP", stop::signalled);
        return stop;
    }

    /** Whether the work is to stop. */
    boolean isRequested() {
        return signal != 0;
    }

    /**
     * Work begins that asks often whether to stop.
     *
     * @param told called once if there is a first signal
     */
    synchronized void inGoodOrder(Runnable told) {
        toTell = told;
    }

    /** The program's exit code: of work that was stopped it says which signal did. */
    int exitCode(int code) {
        return code == ExitCode.STOPPED && isRequested() ? SIGNALLED + signal : code;
    }

    /** A signal has come. */
    void signalled(int number) {
        Runnable told;
        synchronized (this) {
            if (isRequested()) {
                if (nanoTime.getAsLong() - firstNanos > ONE_WISH_NANOS) {
                    halt.accept(SIGNALLED + number);
                }
                return;
            }
            firstNanos = nanoTime.getAsLong();
            signal = number;
            told = toTell;
        }
        // Without the lock: a terminal that is stopped lets nobody write, and the second signal
        // must pass.
        if (told == null) {
            exit.accept(SIGNALLED + number);
        } else {
            told.run();
        }
    }
}

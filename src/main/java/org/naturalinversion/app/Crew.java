package org.naturalinversion.app;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Makers that work side by side, each on a thread of its own. All are engaged before the first
 * begins, so that what does not fit into memory together fails at once.
 */
final class Crew implements AutoCloseable {
    private final List<Maker> makers = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /**
     * Engages makers.
     *
     * @param engage makes the one of a number, from 0; this closes it
     */
    Crew(int size, IntFunction<? extends Maker> engage) {
        try {
            for (int i = 0; i < size; i++) {
                makers.add(engage.apply(i));
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Lets each do its work and waits for all; then throws what the first to fail has thrown. */
    void work(Consumer<Maker> work) {
        ExecutorService threads = Executors.newFixedThreadPool(makers.size());
        try {
            makers.stream()
                    .map(m -> CompletableFuture.runAsync(() -> attempt(work, m), threads))
                    .toList()
                    .forEach(CompletableFuture::join);
        } finally {
            threads.shutdown();
        }
        if (failure.get() instanceof Error error) {
            throw error;
        } else if (failure.get() instanceof RuntimeException exception) {
            throw exception;
        }
    }

    private void attempt(Consumer<Maker> work, Maker maker) {
        try {
            work.accept(maker);
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        }
    }

    /** Whether one has failed, so that the others need not go on. */
    boolean hasFailed() {
        return failure.get() != null;
    }

    @Override
    public void close() {
        makers.forEach(Maker::close);
    }
}

package org.naturalinversion.model.io;

import java.io.Serial;

/**
 * Within this, a program ends before it moves a file into place, by an error: no move happens
 * afterwards. Unlike in a program that is really killed, finally blocks run: drafts are deleted and
 * the claim is given back. What a real kill leaves, only benchmarks/trials/kills.py shows.
 */
public final class KilledAt implements AutoCloseable {
    /** What a killed program does instead of the move. */
    public static final class Killed extends Error {
        @Serial private static final long serialVersionUID = 1L;
    }

    private final AtomicFiles.Mover before = AtomicFiles.mover;
    private int moves;

    /**
     * Kills at a move.
     *
     * @param number which, from 1
     */
    public KilledAt(int number) {
        AtomicFiles.mover =
                (draft, path) -> {
                    moves++;
                    if (moves >= number) {
                        throw new Killed();
                    }
                    before.move(draft, path);
                };
    }

    /** Moves that were wanted. */
    public int moves() {
        return moves;
    }

    @Override
    public void close() {
        AtomicFiles.mover = before;
    }
}

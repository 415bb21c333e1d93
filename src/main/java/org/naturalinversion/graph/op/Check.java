package org.naturalinversion.graph.op;

import org.naturalinversion.graph.Type;

/** What shape rules demand. */
final class Check {
    private Check() {}

    static void that(boolean holds, String message, Object... arguments) {
        if (!holds) {
            throw new IllegalArgumentException(message.formatted(arguments));
        }
    }

    static void rank(Type type, int rank) {
        that(type.shape().rank() == rank, "needs %d axes, not %s", rank, type.shape());
    }

    static void vector(Type type, long length, String what) {
        that(
                type.shape().rank() == 1 && type.shape().get(0) == length,
                "%s must be [%d], not %s",
                what,
                length,
                type.shape());
    }

    static void same(Type a, Type b) {
        that(a.shape().equals(b.shape()), "shapes differ: %s and %s", a.shape(), b.shape());
    }
}

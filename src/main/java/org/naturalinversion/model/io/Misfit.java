package org.naturalinversion.model.io;

import java.util.List;
import java.util.Locale;

/**
 * A tensor that is not what an architecture asks for.
 *
 * @param kind what is wrong
 * @param name of the tensor
 * @param found its shape in the file; null if it is missing
 * @param expected its shape in the architecture; null if it is unknown
 * @param nearest those on the other side that were perhaps meant, each with its shape, likeliest
 *     first
 */
public record Misfit(Kind kind, String name, String found, String expected, List<String> nearest) {
    /** What can be wrong with a tensor. */
    public enum Kind {
        WRONG_SHAPE,
        MISSING,
        UNKNOWN;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    @Override
    public String toString() {
        if (kind == Kind.WRONG_SHAPE) {
            return "%s is %s, not %s".formatted(name, found, expected);
        }
        String self = name + " " + (kind == Kind.MISSING ? expected : found);
        return nearest.isEmpty()
                ? self
                : "%s (nearest: %s)".formatted(self, String.join(", ", nearest));
    }
}

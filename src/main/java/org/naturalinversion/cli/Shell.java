package org.naturalinversion.cli;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.naturalinversion.model.io.Printable;

/** Commands that can be typed into a shell. */
final class Shell {
    /** Where the launcher says by what name it was called. */
    private static final String CALLED = "ni.command";

    /** Characters that need no quoting in a shell. */
    private static final String PLAIN = "[\\p{L}\\p{N}_./:=+,@%-]+";

    private Shell() {}

    /** This program with arguments, each quoted where it has to be. */
    static String ni(Object... arguments) {
        return quote(System.getProperty(CALLED, "ni"))
                + Arrays.stream(arguments)
                        .map(argument -> " " + quote(argument.toString()))
                        .collect(Collectors.joining());
    }

    private static String quote(String word) {
        if (word.matches(PLAIN)) {
            return word;
        }
        return word.codePoints().allMatch(Printable::isPlain)
                ? "'" + word.replace("'", "'\\''") + "'"
                : "$'" + escaped(word) + "'";
    }

    /** A word without the characters that steer a terminal, as bash and zsh read it. */
    private static String escaped(String word) {
        return word.codePoints()
                .mapToObj(
                        c ->
                                Printable.isPlain(c) && c != '\'' && c != '\\'
                                        ? Character.toString(c)
                                        : "\\U%08x".formatted(c))
                .collect(Collectors.joining());
    }
}

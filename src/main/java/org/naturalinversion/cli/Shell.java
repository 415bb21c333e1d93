package org.naturalinversion.cli;

import java.util.Arrays;
import java.util.stream.Collectors;

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
        return word.matches(PLAIN) ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}

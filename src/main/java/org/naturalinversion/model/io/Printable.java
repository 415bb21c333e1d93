package org.naturalinversion.model.io;

import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * Text that may be shown. Names come from files: nothing in them may break a line, steer a terminal
 * or turn the direction of what follows.
 */
public final class Printable {
    private Printable() {}

    /**
     * A text in one line: controls (C0 and C1), format and bidirectional characters, line
     * separators and lone surrogates are escaped as in JSON.
     */
    public static String line(String text) {
        return escaped(text, Printable::isPlain);
    }

    /** The same for a text of several lines with tabs, which stay. */
    public static String lines(String text) {
        return text.lines()
                .map(line -> escaped(line, c -> isPlain(c) || c == '\t'))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    private static String escaped(String text, IntPredicate plain) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints()
                .forEach(
                        c -> {
                            if (plain.test(c)) {
                                line.appendCodePoint(c);
                            } else {
                                for (char half : Character.toChars(c)) {
                                    line.append("\\u%04x".formatted((int) half));
                                }
                            }
                        });
        return line.toString();
    }

    /** Whether a character only shows itself. */
    public static boolean isPlain(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    false;
            default -> true;
        };
    }
}

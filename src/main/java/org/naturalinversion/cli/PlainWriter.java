package org.naturalinversion.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import org.naturalinversion.model.io.Printable;

/**
 * Prints for people. Arguments of a format may come from files, so each is made {@link Printable}
 * as one line.
 */
final class PlainWriter extends PrintWriter {
    /** Prints lines to this at once. */
    PlainWriter(PrintWriter out) {
        super(out, true);
    }

    @Override
    public PrintWriter format(String format, Object... arguments) {
        return super.format(format, plain(arguments));
    }

    @Override
    public PrintWriter format(Locale locale, String format, Object... arguments) {
        return super.format(locale, format, plain(arguments));
    }

    @Override
    public void println(String text) {
        super.println(Printable.lines(text));
    }

    private static Object[] plain(Object... arguments) {
        return Arrays.stream(arguments)
                .map(
                        argument ->
                                argument == null || argument instanceof Number
                                        ? argument
                                        : Printable.line(argument.toString()))
                .toArray();
    }
}

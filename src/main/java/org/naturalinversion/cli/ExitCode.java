package org.naturalinversion.cli;

import java.io.UncheckedIOException;
import org.naturalinversion.app.NoBackendException;
import org.naturalinversion.app.UsageException;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.data.DataFileException;
import org.naturalinversion.model.io.ModelFileException;
import picocli.CommandLine.ParameterException;

/** What the program's exit code says. */
final class ExitCode {
    static final int DONE = 0;

    /** Something failed while running. */
    static final int FAILED = 1;

    /** What was asked for makes no sense. */
    static final int USAGE = 2;

    /** A file that was to be read is not what it should be. */
    static final int BAD_FILE = 3;

    /** There is no such backend, or it has not enough memory. */
    static final int NO_BACKEND = 4;

    /** The device was lost, so that the doctor could not run all checks. */
    static final int DEVICE_LOST = 5;

    /** Stopped by Ctrl-C; {@link Stop#exitCode} makes 128 and the number of other signals. */
    static final int STOPPED = 130;

    /** Nobody reads the result to its end: what a shell says of other programs' SIGPIPE. */
    static final int UNREAD = 141;

    /** A file can bring words of any length into a message. */
    private static final int LONGEST = 1500;

    private ExitCode() {}

    /** The code for a failure. */
    static int of(Throwable failure) {
        if (failure instanceof UsageException || failure instanceof ParameterException) {
            return USAGE;
        } else if (failure instanceof ModelFileException || failure instanceof DataFileException) {
            return BAD_FILE;
        } else if (failure instanceof NoBackendException
                || failure instanceof OutOfMemoryException
                || failure instanceof OutOfMemoryError) {
            return NO_BACKEND;
        }
        return FAILED;
    }

    /** What happened, in one line for whoever uses the program. */
    static String message(Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            long megabytes = Runtime.getRuntime().maxMemory() >> 20;
            return "Java's heap of %,d MB is too small; NI_JAVA_OPTIONS=-Xmx%dm makes it larger"
                    .formatted(megabytes, 2 * megabytes);
        }
        boolean told =
                of(failure) != FAILED
                        || failure instanceof BackendException
                        || failure instanceof UncheckedIOException
                        || failure instanceof ArithmeticException;
        if (told && failure.getMessage() != null) {
            return oneLine(failure.getMessage());
        }
        return oneLine("internal error (-v shows where): " + failure);
    }

    /** Names come from files: nothing in them may break the line or steer a terminal. */
    private static String oneLine(String text) {
        String line = text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
        return line.length() <= LONGEST
                ? line
                : "%s... (%,d characters more)"
                        .formatted(line.substring(0, LONGEST), line.length() - LONGEST);
    }
}

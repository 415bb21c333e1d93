package org.naturalinversion.cli;

import java.io.UncheckedIOException;
import java.util.List;
import org.naturalinversion.app.NoBackendException;
import org.naturalinversion.app.UsageException;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.data.DataFileException;
import org.naturalinversion.model.io.ModelFileException;
import org.naturalinversion.model.io.Printable;
import picocli.CommandLine.ParameterException;

/** What the program's exit code says. */
final class ExitCode {
    static final int DONE = 0;

    /** Something failed while running. */
    static final int FAILED = 1;

    /** The request makes no sense. */
    static final int USAGE = 2;

    /** A file that was to be read is not what it should be. */
    static final int BAD_FILE = 3;

    /** No such backend, or not enough memory. */
    static final int NO_BACKEND = 4;

    /** The device was lost, so that the doctor could not run all checks. */
    static final int DEVICE_LOST = 5;

    /** Stopped by Ctrl-C; {@link Stop#exitCode} makes 128 and the number of other signals. */
    static final int STOPPED = 130;

    /** The reader of the result closed the pipe: a shell's code for SIGPIPE. */
    static final int UNREAD = 141;

    /** A file can bring words of any length into a message. */
    private static final int LONGEST = 1500;

    /**
     * What Java says when its heap is full. It throws the same for threads and its own native
     * memory, which a larger heap would leave even less of.
     */
    private static final List<String> FULL_HEAP = List.of("Java heap space", "GC overhead limit");

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

    /** What happened, in one line for the user. */
    static String message(Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            String reason = String.valueOf(failure.getMessage());
            if (FULL_HEAP.stream().noneMatch(reason::startsWith)) {
                return oneLine("not enough memory: " + reason);
            }
            long megabytes = Runtime.getRuntime().maxMemory() >> 20;
            return "Java's heap of %,d MB is too small; enlarge it with NI_JAVA_OPTIONS=-Xmx%dm"
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
        String line = Printable.line(text.strip().replaceAll("\\s*\\R\\s*", " "));
        return line.length() <= LONGEST
                ? line
                : "%s... (%,d more characters)"
                        .formatted(line.substring(0, LONGEST), line.length() - LONGEST);
    }
}

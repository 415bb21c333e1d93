package org.naturalinversion.app;

import java.io.Serial;
import java.util.List;

/** What was asked for makes no sense; the message names every problem. */
public final class UsageException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    public UsageException(String problem) {
        super(problem);
    }

    /** Throws if there are problems. */
    public static void throwIf(List<String> problems) {
        if (!problems.isEmpty()) {
            throw new UsageException(String.join("; ", problems));
        }
    }
}

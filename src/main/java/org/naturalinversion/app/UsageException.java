package org.naturalinversion.app;

import java.io.Serial;
import java.util.List;

/** What was asked for makes no sense; the message names every problem. */
public final class UsageException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    /** More than anybody reads at a time; the others are counted. */
    private static final int MOST_PROBLEMS = 10;

    public UsageException(String problem) {
        super(problem);
    }

    /** Throws if there are problems. */
    public static void throwIf(List<String> problems) {
        if (!problems.isEmpty()) {
            int named = Math.min(MOST_PROBLEMS, problems.size());
            String text = String.join("; ", problems.subList(0, named));
            int more = problems.size() - named;
            throw new UsageException(more == 0 ? text : "%s; and %,d more".formatted(text, more));
        }
    }
}

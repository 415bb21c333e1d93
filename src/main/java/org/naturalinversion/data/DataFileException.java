package org.naturalinversion.data;

import java.io.Serial;
import java.nio.file.Path;

/**
 * A file of images or of a run that cannot be read. The message is one line that opens with the
 * file and says what was found and what was expected.
 */
public final class DataFileException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    public DataFileException(Path file, String problem) {
        this(file, problem, null);
    }

    public DataFileException(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }
}

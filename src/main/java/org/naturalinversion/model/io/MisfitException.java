package org.naturalinversion.model.io;

import java.io.Serial;
import java.nio.file.Path;

/** A file of weights that do not fit the architecture; the message names only the first of them. */
public final class MisfitException extends ModelFileException {
    @Serial private static final long serialVersionUID = 1L;

    private final transient Fit fit;

    MisfitException(Path file, String problem, Fit fit) {
        super(file, problem);
        this.fit = fit;
    }

    /** All of what does not fit. */
    public Fit fit() {
        return fit;
    }
}

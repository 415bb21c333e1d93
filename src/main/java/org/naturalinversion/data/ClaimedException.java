package org.naturalinversion.data;

import java.io.Serial;
import java.nio.file.Path;

/** A folder that somebody else is writing to. The message is one line that names both. */
public final class ClaimedException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    ClaimedException(Path folder, String holder) {
        super("%s is in use by %s".formatted(folder, holder));
    }
}

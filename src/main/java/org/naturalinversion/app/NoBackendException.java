package org.naturalinversion.app;

import java.io.Serial;
import org.naturalinversion.backend.BackendException;

/** There is no such backend, or this machine cannot run it. */
public final class NoBackendException extends BackendException {
    @Serial private static final long serialVersionUID = 1L;

    public NoBackendException(String message) {
        super(message);
    }

    public NoBackendException(String message, Throwable cause) {
        super(message, cause);
    }
}

package org.naturalinversion.backend.cuda;

import org.naturalinversion.backend.BackendException;

/** cuDNN understood the question, and has no answer to it. */
final class UnsupportedException extends BackendException {
    private static final long serialVersionUID = 1;

    UnsupportedException(String message) {
        super(message);
    }
}

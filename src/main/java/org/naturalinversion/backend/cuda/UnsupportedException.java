package org.naturalinversion.backend.cuda;

/** cuDNN understood the question, and has no answer to it. */
final class UnsupportedException extends org.naturalinversion.backend.BackendException {
    private static final long serialVersionUID = 1;

    UnsupportedException(String message) {
        super(message);
    }
}

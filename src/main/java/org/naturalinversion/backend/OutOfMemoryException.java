package org.naturalinversion.backend;

/** The processor has less memory left than was asked for; the message says how much of either. */
public final class OutOfMemoryException extends BackendException {
    private static final long serialVersionUID = 1;

    public OutOfMemoryException(String message) {
        super(message);
    }

    public OutOfMemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}

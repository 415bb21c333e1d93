package org.naturalinversion.backend;

/**
 * A native call failed or a backend cannot be had; the message names the call, its status and the
 * shapes.
 */
public class BackendException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public BackendException(String message) {
        super(message);
    }

    public BackendException(String message, Throwable cause) {
        super(message, cause);
    }
}

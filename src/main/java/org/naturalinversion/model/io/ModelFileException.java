package org.naturalinversion.model.io;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A model file that cannot be read. The message is one line of printable characters that opens with
 * the file and says what was found, what was expected and, where there is one, the remedy.
 */
public sealed class ModelFileException extends RuntimeException permits MisfitException {
    @Serial private static final long serialVersionUID = 1L;

    private final transient Path file;

    /** A refusal of a file, for example {@code "is empty"}. */
    public ModelFileException(Path file, String problem) {
        this(file, problem, null);
    }

    /** A refusal of a file that follows from another failure. */
    public ModelFileException(Path file, String problem, Throwable cause) {
        super(printable(file + ": " + problem), cause);
        this.file = file;
    }

    /** The file that was refused. */
    public Path file() {
        return file;
    }

    /** What an I/O failure says, without the name of the file. */
    public static String reason(IOException failure) {
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        if (failure instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return failure.getMessage();
    }

    /** A name out of a file, fit for a message: quoted, and cut where it is very long. */
    public static String quote(String name) {
        return '\'' + shorten(name) + '\'';
    }

    /** A name out of a file, cut where it is very long. */
    public static String shorten(String name) {
        return name.length() <= 80 ? name : name.substring(0, 77) + "...";
    }

    /** Names come from files: nothing in them may break the line or steer a terminal. */
    static String printable(String message) {
        StringBuilder line = new StringBuilder(message.length());
        message.codePoints()
                .forEach(
                        c -> {
                            switch (Character.getType(c)) {
                                case Character.CONTROL,
                                        Character.FORMAT,
                                        Character.SURROGATE,
                                        Character.LINE_SEPARATOR,
                                        Character.PARAGRAPH_SEPARATOR ->
                                        line.append("\\u%04x".formatted(c));
                                default -> line.appendCodePoint(c);
                            }
                        });
        return line.toString();
    }
}

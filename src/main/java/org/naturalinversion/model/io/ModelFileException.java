package org.naturalinversion.model.io;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

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
        super(Printable.line(file + ": " + problem), cause);
        this.file = file;
    }

    /** The file that was refused. */
    public Path file() {
        return file;
    }

    /** What an I/O failure says, without the name of the file: every "cannot" ends in it. */
    public static String reason(IOException failure) {
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof NoSuchFileException missing) {
            return missing(Path.of(missing.getFile()));
        }
        if (failure instanceof FileAlreadyExistsException there) {
            Path file = Path.of(there.getFile());
            return Files.exists(file) ? "a file of that name exists" : missing(file);
        }
        if (failure instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason().toLowerCase(Locale.ROOT);
        }
        return failure.getMessage() != null ? failure.getMessage() : failure.toString();
    }

    /** Why there is no such file: its folder may be missing, or what it is a link to. */
    static String missing(Path file) {
        try {
            if (Files.isSymbolicLink(file)) {
                return "it is a broken link to %s".formatted(Files.readSymbolicLink(file));
            }
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null && Files.notExists(folder)) {
                return "there is no folder " + folder;
            }
        } catch (IOException e) {
            // Then there is no more to say of it.
        }
        return "no such file or folder";
    }

    /** A name out of a file, fit for a message: quoted, and cut where it is very long. */
    public static String quote(String name) {
        return '\'' + shorten(name) + '\'';
    }

    /** A name out of a file, cut where it is very long. */
    public static String shorten(String name) {
        return name.length() <= 80 ? name : name.substring(0, 77) + "...";
    }
}

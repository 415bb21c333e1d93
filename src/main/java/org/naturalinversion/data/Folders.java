package org.naturalinversion.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.naturalinversion.model.io.AtomicFiles;
import org.naturalinversion.model.io.AtomicFiles.Content;
import org.naturalinversion.model.io.ModelFileException;

/** Folders for results. */
final class Folders {
    /** Files of operating systems, and the lock of a killed program. */
    private static final Set<String> NOBODYS =
            Set.of(Claim.LOCK, ".DS_Store", "Thumbs.db", "desktop.ini", "lost+found");

    private static final int MOST_ATTEMPTS = 100;

    private Folders() {}

    /**
     * Why results cannot be written to a folder, in one line; empty if they can.
     *
     * @param mark the file that shows that there is such a result already
     * @param what it is called
     * @param resume whether to resume it, so that it must exist; otherwise it must not
     */
    static Optional<String> refusal(Path folder, String mark, String what, boolean resume) {
        if (folder.toString().isEmpty()) {
            return Optional.of("--out is empty, expected a folder");
        }
        boolean there = Files.exists(folder.resolve(mark));
        if (resume && !there && (!Files.exists(folder) || Files.isDirectory(folder))) {
            return Optional.of("there is no %s in %s".formatted(what, folder));
        }
        try {
            if (!Files.exists(folder)) {
                return obstacle(folder).map(o -> "%s cannot be made: %s".formatted(folder, o));
            }
            if (!Files.isDirectory(folder)) {
                return Optional.of(folder + " is a file, not a folder");
            }
            if (!Files.isWritable(folder)) {
                return Optional.of(
                        "%s cannot be written to: %s".formatted(folder, unwritable(folder)));
            }
            if (there && !resume) {
                return Optional.of(
                        "%s already contains a %s; --resume continues it".formatted(folder, what));
            }
            return there || isEmpty(folder)
                    ? Optional.empty()
                    : Optional.of("%s contains files, but no %s".formatted(folder, what));
        } catch (IOException e) {
            return Optional.of(folder + " cannot be read: " + ModelFileException.reason(e));
        }
    }

    /** Why a missing folder cannot be made; empty if it can. */
    private static Optional<String> obstacle(Path folder) throws IOException {
        Path at = nearest(folder);
        if (!Files.exists(at)) {
            return Optional.of(
                    "%s is a broken link to %s".formatted(at, Files.readSymbolicLink(at)));
        }
        if (!Files.isDirectory(at)) {
            return Optional.of(at + " is a file, not a folder");
        }
        return Files.isWritable(at)
                ? Optional.empty()
                : Optional.of("%s cannot be written to: %s".formatted(at, unwritable(at)));
    }

    /**
     * A folder, or the nearest above it that exists, perhaps as a broken link. As the system does,
     * this follows links before it goes up at "..".
     */
    static Path nearest(Path folder) {
        Path at = folder.toAbsolutePath();
        while (!Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
            at = at.getParent();
        }
        return at;
    }

    private static String unwritable(Path folder) throws IOException {
        return Files.getFileStore(folder).isReadOnly()
                ? "the file system is read-only"
                : "permission denied";
    }

    /**
     * Writes a file whose content follows from others, unless that is what it has.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    static void update(Path file, byte[] content) {
        try {
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && Files.size(file) == content.length
                    && Arrays.equals(Files.readAllBytes(file), content)) {
                return;
            }
        } catch (IOException e) {
            // What cannot be read is replaced.
        }
        AtomicFiles.write(file, Content.of(content));
    }

    /**
     * Makes a folder and those above it.
     *
     * @return those that were not there, the innermost first
     */
    static List<Path> make(Path folder) {
        Deque<Path> made = new ArrayDeque<>();
        Path missing = folder.toAbsolutePath();
        try {
            for (int attempt = 0; !Files.isDirectory(folder); attempt++) {
                missing = folder.toAbsolutePath();
                while (missing.getParent() != null && !Files.isDirectory(missing.getParent())) {
                    missing = missing.getParent();
                }
                makeOne(missing, attempt).ifPresent(made::push);
            }
        } catch (IOException e) {
            removeEmpty(List.copyOf(made));
            String reason =
                    e instanceof FileAlreadyExistsException
                            ? missing + " is not a folder"
                            : ModelFileException.reason(e);
            throw new UncheckedIOException(folder + ": cannot be made: " + reason, e);
        }
        return List.copyOf(made);
    }

    /**
     * Makes a folder; empty if it is there, or if that above it, which another program may have
     * made and removed in this moment, is not.
     */
    private static Optional<Path> makeOne(Path folder, int attempt) throws IOException {
        try {
            return Optional.of(Files.createDirectory(folder));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            return Optional.empty();
        } catch (NoSuchFileException e) {
            if (attempt > MOST_ATTEMPTS) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** Removes folders, the innermost first, as far as they are empty. */
    static void removeEmpty(List<Path> folders) {
        try {
            for (Path folder : folders) {
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            // This one is not empty, nor are those above it.
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.allMatch(
                    f -> NOBODYS.contains(f.getFileName().toString()) || AtomicFiles.isDraft(f));
        }
    }
}

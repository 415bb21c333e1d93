package org.naturalinversion.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.naturalinversion.model.io.ModelFileException;

/** Folders that results are left in. */
final class Folders {
    private Folders() {}

    /**
     * Why something cannot be left in a folder, in one line; empty if it can.
     *
     * @param mark the file that tells that there is such a thing already
     * @param what it is called
     * @param resume whether there may be one already
     */
    static Optional<String> refusal(Path folder, String mark, String what, boolean resume) {
        try {
            if (!Files.exists(folder)) {
                Path parent = folder.toAbsolutePath().normalize();
                while (!Files.exists(parent)) {
                    parent = parent.getParent();
                }
                return Files.isDirectory(parent) && Files.isWritable(parent)
                        ? Optional.empty()
                        : Optional.of(
                                "%s cannot be made: %s is no folder that can be written to"
                                        .formatted(folder, parent));
            }
            if (!Files.isDirectory(folder)) {
                return Optional.of(folder + " is a file, not a folder");
            }
            if (!Files.isWritable(folder)) {
                return Optional.of(folder + " cannot be written to");
            }
            if (isEmpty(folder)) {
                return Optional.empty();
            }
            if (!Files.exists(folder.resolve(mark))) {
                return Optional.of("%s holds files, but no %s".formatted(folder, what));
            }
            return resume
                    ? Optional.empty()
                    : Optional.of(
                            "%s holds a %s already; --resume continues it".formatted(folder, what));
        } catch (IOException e) {
            return Optional.of(folder + " cannot be read: " + ModelFileException.reason(e));
        }
    }

    /** Makes a folder and those above it. */
    static void make(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    folder + ": cannot be made: " + ModelFileException.reason(e), e);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }
}

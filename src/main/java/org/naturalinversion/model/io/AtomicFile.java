package org.naturalinversion.model.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Replaces a file as a whole: whoever reads it finds the old content or the new, also after a crash
 * or on a full disk.
 */
final class AtomicFile {
    /** Writes the content of a file. */
    interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    private AtomicFile() {}

    /**
     * Writes a draft beside the file, sees it onto the disk, and moves it into place.
     *
     * @throws ModelFileException if that fails; the draft is gone then
     */
    static void write(Path path, Content content) {
        if (Files.isDirectory(path)) {
            throw new ModelFileException(path, "cannot be written: it is a directory");
        }
        Path target = path.toAbsolutePath();
        Path draft =
                target.resolveSibling(
                        ".%s.%016x"
                                .formatted(
                                        target.getFileName(),
                                        ThreadLocalRandom.current().nextLong()));
        try {
            try (FileChannel channel =
                    FileChannel.open(
                            draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
            sync(target.getParent());
        } catch (IOException e) {
            throw new ModelFileException(
                    path, "cannot be written: " + ModelFileException.reason(e), e);
        } finally {
            delete(draft);
        }
    }

    /** Sees a move onto the disk, where the system has a way to ask for that. */
    private static void sync(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The file itself is safe; Windows, for one, opens no folders.
        }
    }

    private static void delete(Path draft) {
        try {
            Files.deleteIfExists(draft);
        } catch (IOException e) {
            // The failure that left the draft behind is the one to report.
        }
    }
}

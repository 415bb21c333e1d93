package org.naturalinversion.model.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Writes or replaces files as a whole: whoever reads one finds the old content or the new, also
 * after a crash or on a full disk.
 */
public final class AtomicFiles {
    /** Writes the content of a file; may read in it what it wrote. */
    @FunctionalInterface
    public interface Content {
        /** Content that is in memory already. */
        static Content of(byte[] bytes) {
            return channel -> {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            };
        }

        void writeTo(FileChannel channel) throws IOException;
    }

    /** Moves a draft into place. */
    @FunctionalInterface
    interface Mover {
        void move(Path draft, Path path) throws IOException;
    }

    /** What a draft is called: a dot, the name of the file, a dot, and digits drawn at random. */
    private static final String DRAFT = "\\..+\\.[0-9a-f]{16}";

    /** Tests put one here that ends after some moves, as a program that is killed does. */
    static volatile Mover mover = AtomicFiles::move;

    private AtomicFiles() {}

    /**
     * Writes one file; see {@link #write(Map)}.
     *
     * @throws UncheckedIOException if that fails; the message is one line that names the file
     */
    public static void write(Path path, Content content) {
        write(Map.of(path, content));
    }

    /**
     * Writes drafts beside the files, sees them all onto the disk, and only then moves them into
     * place, all in the order of the map.
     *
     * @throws UncheckedIOException if that fails; the message is one line that names the file. The
     *     drafts are gone then, and where the disk was full, no file has been touched
     */
    public static void write(Map<Path, Content> files) {
        Map<Path, Path> drafts = new LinkedHashMap<>();
        try {
            files.forEach(
                    (path, content) -> {
                        Path draft = draft(path);
                        drafts.put(path, draft);
                        attempt(path, () -> write(draft, path, content));
                    });
            drafts.forEach((path, draft) -> attempt(path, () -> mover.move(draft, path)));
        } finally {
            drafts.values().forEach(AtomicFiles::delete);
        }
        files.keySet().stream()
                .map(path -> path.toAbsolutePath().getParent())
                .distinct()
                .forEach(AtomicFiles::sync);
    }

    /** Whether a file is a draft, by its name. */
    public static boolean isDraft(Path file) {
        return file.getFileName().toString().matches(DRAFT);
    }

    /**
     * Removes the drafts that a killed program may have left in a folder. Folders in it are left
     * alone: another program may be writing there.
     */
    public static void sweep(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(AtomicFiles::isDraft)
                    .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .forEach(AtomicFiles::delete);
        } catch (IOException | UncheckedIOException e) {
            // What cannot be listed cannot be swept, and does no harm.
        }
    }

    private static Path draft(Path path) {
        long random = ThreadLocalRandom.current().nextLong();
        return path.toAbsolutePath()
                .resolveSibling(".%s.%016x".formatted(path.getFileName(), random));
    }

    private static void write(Path draft, Path path, Content content) throws IOException {
        if (Files.isDirectory(path)) {
            throw new FileSystemException(path.toString(), null, "it is a directory");
        }
        try (FileChannel channel =
                FileChannel.open(
                        draft,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            content.writeTo(channel);
            channel.force(true);
        }
    }

    private static void move(Path draft, Path path) throws IOException {
        Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Sees moves onto the disk, where the system has a way to ask for that. */
    private static void sync(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The files themselves are safe; Windows, for one, opens no folders.
        }
    }

    private static void delete(Path draft) {
        try {
            Files.deleteIfExists(draft);
        } catch (IOException e) {
            // The failure that left the draft behind is the one to report.
        }
    }

    private interface Action {
        void run() throws IOException;
    }

    private static void attempt(Path path, Action action) {
        try {
            action.run();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    path + ": cannot be written: " + ModelFileException.reason(e), e);
        }
    }
}

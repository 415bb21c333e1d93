package org.naturalinversion.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.naturalinversion.model.io.ModelFileException;

/**
 * Exclusive write access to a folder: a lock that the system releases when the program ends,
 * however it ends. The locked file, {@code .ni.lock}, contains the process id and a random number;
 * it is removed with the claim. One that a killed program left is taken over.
 */
public final class Claim implements AutoCloseable {
    static final String LOCK = ".ni.lock";

    private static final int LONGEST_HOLDER = 64;

    /**
     * Folders that this program has claimed: the system's locks exclude other programs, not our
     * threads.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final Path real;
    private final List<Path> made;
    private final List<FileChannel> open;

    private Claim(Path folder, Path real, List<Path> made, List<FileChannel> open) {
        this.folder = folder;
        this.real = real;
        this.made = made;
        this.open = open;
    }

    /**
     * Claims a folder, which is made where it is not there.
     *
     * @param log receives a note if the file system has no locks; the folder is claimed
     *     nevertheless
     * @throws ClaimedException if somebody has it
     * @throws UncheckedIOException if it cannot be made or written to
     */
    public static Claim of(Path folder, Consumer<String> log) {
        return hold(folder, Folders.make(folder), log);
    }

    /**
     * Claims the first of {@code <name>-1}, {@code <name>-2} and so on that is not there yet.
     *
     * @param parent where it is made
     * @param log as for {@link #of}
     * @throws UncheckedIOException if it cannot be made
     */
    public static Claim ofNew(Path parent, String name, Consumer<String> log) {
        for (int number = 1; ; number++) {
            Path folder = parent.resolve(name + "-" + number);
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                continue;
            }
            List<Path> made = Folders.make(folder);
            if (made.contains(folder.toAbsolutePath())) {
                return hold(folder, made, log);
            }
        }
    }

    private static Claim hold(Path folder, List<Path> made, Consumer<String> log) {
        Path lock = folder.resolve(LOCK);
        try {
            Path real = folder.toRealPath();
            if (!HELD.add(real)) {
                throw new ClaimedException(folder, "this ni");
            }
            try {
                return new Claim(folder, real, made, lock(folder, lock, log));
            } catch (IOException | RuntimeException e) {
                HELD.remove(real);
                throw e;
            }
        } catch (IOException e) {
            Folders.removeEmpty(made);
            throw new UncheckedIOException(
                    lock + ": cannot be written: " + ModelFileException.reason(e), e);
        }
    }

    /** Holds the lock until the channels are closed. */
    private static List<FileChannel> lock(Path folder, Path lock, Consumer<String> log)
            throws IOException {
        while (true) {
            if (Files.exists(lock, LinkOption.NOFOLLOW_LINKS)
                    && !Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException("it is not a regular file");
            }
            Object before = key(lock);
            FileChannel channel =
                    FileChannel.open(
                            lock,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS);
            try {
                if (!isLocked(channel, folder, log)) {
                    throw new ClaimedException(folder, holder(channel));
                }
                String mine = sign(channel);
                Optional<FileChannel> again = openAgain(lock, mine, before);
                if (again.isPresent()) {
                    return List.of(channel, again.get());
                }
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
            channel.close();
        }
    }

    private static String holder(FileChannel channel) throws IOException {
        String pid = text(channel).strip().split(" ", 2)[0];
        return "another ni" + (pid.isEmpty() ? "" : " (pid " + pid + ")");
    }

    /**
     * Opens a locked file once more; empty if it is not that file any more. Whoever had the lock
     * may have removed the file after it was opened here: then it is nobody's, and somebody may
     * have a new one. To close any channel of a file gives its lock up, so this one stays open too.
     *
     * @param mine what was written into the locked file; empty if the disk is full
     * @param before which file had the name before it was opened; null for none
     */
    private static Optional<FileChannel> openAgain(Path lock, String mine, Object before)
            throws IOException {
        FileChannel again;
        try {
            again = FileChannel.open(lock, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        try {
            boolean same =
                    mine.isEmpty()
                            ? before != null && before.equals(key(lock))
                            : mine.equals(text(again));
            if (same) {
                return Optional.of(again);
            }
        } catch (IOException e) {
            again.close();
            throw e;
        }
        again.close();
        return Optional.empty();
    }

    /** Which file has a name, whatever is in it; null for none. */
    private static Object key(Path file) throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static boolean isLocked(FileChannel channel, Path folder, Consumer<String> log) {
        try {
            return channel.tryLock() != null;
        } catch (IOException e) {
            log.accept(
                    "%s cannot be locked (%s); do not let another ni write to it"
                            .formatted(folder, ModelFileException.reason(e)));
            return true;
        }
    }

    /**
     * Writes who holds the lock, for programs that are refused: the process id and a random number,
     * because programs in two containers may have the same id.
     *
     * @return the text written; empty if the disk is full
     */
    private static String sign(FileChannel channel) {
        String text =
                "%d %016x"
                        .formatted(
                                ProcessHandle.current().pid(),
                                ThreadLocalRandom.current().nextLong());
        try {
            channel.truncate(0);
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            return channel.write(bytes, 0) == text.length() ? text : "";
        } catch (IOException e) {
            // The lock holds without it.
            return "";
        }
    }

    private static String text(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(LONGEST_HOLDER);
        channel.read(text, 0);
        return new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII);
    }

    /** What is claimed. */
    public Path folder() {
        return folder;
    }

    /** Gives the folder back; of what was made for the claim, what is still empty is removed. */
    @Override
    public void close() {
        List<FileChannel> all = new ArrayList<>();
        try {
            Path lock = folder.resolve(LOCK);
            // If the folder was moved, a file of that name may be another program's.
            all.add(FileChannel.open(lock, StandardOpenOption.READ));
            if (text(all.get(0)).equals(text(open.get(0)))) {
                Files.deleteIfExists(lock);
            }
        } catch (IOException e) {
            // What is left is a file without a lock, which the next claim takes over.
        }
        all.addAll(open);
        all.forEach(Claim::close);
        Folders.removeEmpty(made);
        HELD.remove(real);
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Its lock is given up all the same.
        }
    }
}

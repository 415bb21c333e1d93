package org.naturalinversion.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.naturalinversion.model.io.ModelFileException;

/**
 * A data set's file that is read from front to back, unpacked on the way if it is packed by gzip.
 * What it says of its own size is held against its size on disk before memory is asked for.
 */
final class DataFile implements AutoCloseable {
    /** Images pack to a fifth, mostly empty ones to a twentieth; a bomb to a thousandth. */
    private static final long MOST_UNPACKED = 64;

    /** What any file may unpack to, small as it is. */
    private static final long ALWAYS = 1 << 20;

    private static final long LONGEST = Integer.MAX_VALUE - 8L;

    private final Path path;
    private final long size;
    private final boolean packed;
    private final InputStream in;
    private long read;

    private DataFile(Path path) throws IOException {
        this.path = path;
        size = Files.size(path);
        PushbackInputStream raw = new PushbackInputStream(Files.newInputStream(path), 2);
        try {
            byte[] start = raw.readNBytes(2);
            raw.unread(start);
            packed = start.length == 2 && (start[0] & 0xff) == 0x1f && (start[1] & 0xff) == 0x8b;
            in = packed ? new GZIPInputStream(raw, 1 << 13) : raw;
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    /**
     * Opens a regular file.
     *
     * @throws DataFileException if there is none, or it cannot be read
     */
    static DataFile open(Path path) {
        requireRegular(path);
        try {
            return new DataFile(path);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /** Whether it is packed by gzip. */
    boolean isPacked() {
        return packed;
    }

    /** The bytes on disk. */
    long size() {
        return size;
    }

    /** The next bytes; a file that has fewer is refused. */
    byte[] read(long count, String what) {
        if (packed && count > MOST_UNPACKED * size + ALWAYS) {
            throw refuse(
                    "would unpack to far more than image files do: %s would need %d bytes,"
                                    .formatted(what, count)
                            + " the packed file has "
                            + size);
        }
        if (count < 0 || count > LONGEST || !packed && count > size - read) {
            throw refuse(
                    "is damaged or cut short: %s would need %d bytes, the file has %d"
                            .formatted(what, count, size));
        }
        try {
            byte[] bytes = in.readNBytes((int) count);
            read += bytes.length;
            if (bytes.length < count) {
                throw refuse(
                        "is cut short: %s would need %d bytes, only %d are left"
                                .formatted(what, count, bytes.length));
            }
            return bytes;
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /** Refuses a file that goes on. */
    void requireEnd(String what) {
        try {
            if (in.read() >= 0) {
                throw refuse("has more bytes than %s needs, %d".formatted(what, read));
            }
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    DataFileException refuse(String problem) {
        return new DataFileException(path, problem);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /** What a folder holds, in no order. */
    static List<Path> list(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            // Opening a pipe to list it would wait for a writer.
            throw new DataFileException(folder, "is neither a file nor a folder");
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    /**
     * Refuses what can be read for ever, such as a pipe. A file that is missing is left to whoever
     * reads it.
     *
     * @throws DataFileException if it is something else than a file
     */
    static void requireRegular(Path path) {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new DataFileException(path, "is not a regular file");
        }
    }

    /**
     * All lines of a regular file of text in ASCII.
     *
     * @throws DataFileException if it cannot be read, or is something else
     */
    static List<String> lines(Path path) {
        requireRegular(path);
        try {
            return Files.readAllLines(path, StandardCharsets.US_ASCII);
        } catch (CharacterCodingException e) {
            throw new DataFileException(path, "is not text in ASCII", e);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    static DataFileException unreadable(Path path, IOException e) {
        String reason = ModelFileException.reason(e);
        return new DataFileException(
                path, e instanceof NoSuchFileException ? reason : "cannot be read: " + reason, e);
    }
}

package org.naturalinversion.model.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that is being read: its bytes by position, and an allowance of memory in proportion to its
 * size, so that a small file cannot ask for much.
 */
public final class ModelFile implements Closeable {
    /** One transfer; larger ones would pass through a direct buffer of their own size. */
    private static final int CHUNK = 1 << 20;

    private static final long LONGEST_READ = Integer.MAX_VALUE - 8L;

    private static final String CANNOT_BE_READ = "cannot be read: ";

    /** Bytes by position. */
    private interface Source extends Closeable {
        /** Reads some of what the buffer has room for; says how many bytes, or -1 at the end. */
        int read(ByteBuffer bytes, long position) throws IOException;

        @Override
        default void close() throws IOException {}
    }

    private record OpenFile(FileChannel channel) implements Source {
        @Override
        public int read(ByteBuffer bytes, long position) throws IOException {
            return channel.read(bytes, position);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private final Path path;
    private final Source source;
    private final long size;
    private long allowance;

    private ModelFile(Path path, Source source, long size) {
        this.path = path;
        this.source = source;
        this.size = size;
        this.allowance = 4 * size + (1 << 20);
    }

    /** Opens a regular file that has at least one byte. */
    public static ModelFile open(Path path) {
        if (Files.notExists(path)) {
            throw new ModelFileException(path, ModelFileException.missing(path));
        }
        if (Files.isDirectory(path)) {
            throw new ModelFileException(path, "is a directory, expected a file of weights");
        }
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new ModelFileException(path, "is not a regular file, expected a file of weights");
        }
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            ModelFile file = new ModelFile(path, new OpenFile(channel), channel.size());
            if (file.size == 0) {
                file.close();
                throw file.refuse("is empty, expected a file of weights");
            }
            return file;
        } catch (IOException e) {
            throw new ModelFileException(path, CANNOT_BE_READ + ModelFileException.reason(e), e);
        }
    }

    /** Bytes in memory that are read as if they were a file of that name. */
    public static ModelFile of(Path name, byte[] content) {
        Source memory =
                (bytes, position) -> {
                    int count = (int) Math.min(bytes.remaining(), content.length - position);
                    if (count <= 0) {
                        return -1;
                    }
                    bytes.put(content, (int) position, count);
                    return count;
                };
        return new ModelFile(name, memory, content.length);
    }

    public Path path() {
        return path;
    }

    public long size() {
        return size;
    }

    /** The whole of the file. */
    public Region all() {
        return new Region(0, size);
    }

    /** The region itself, if the file has such bytes. */
    Region check(Region region, String what) {
        if (region.start() < 0 || region.length() < 0 || region.length() > size - region.start()) {
            throw refuse(
                    "is damaged or cut short: %s needs %d bytes at byte %d, the file has %d"
                            .formatted(what, region.length(), region.start(), size));
        }
        return region;
    }

    /** The bytes of a region. */
    public byte[] bytes(Region region, String what) {
        long length = check(region, what).length();
        if (length > LONGEST_READ) {
            throw refuse(
                    "has %d bytes in %s, the most that can be read at once is %d"
                            .formatted(length, what, LONGEST_READ));
        }
        spend(length);
        byte[] bytes = new byte[(int) length];
        fill(ByteBuffer.wrap(bytes), region.start());
        return bytes;
    }

    /** The bytes of a region, to be read as little-endian numbers. */
    public ByteBuffer read(Region region, String what) {
        return ByteBuffer.wrap(bytes(region, what)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads bytes from a position on until the buffer is full. */
    void fill(ByteBuffer bytes, long position) {
        int end = bytes.limit();
        try {
            while (bytes.position() < end) {
                bytes.limit(Math.min(end, bytes.position() + CHUNK));
                int count = source.read(bytes, position);
                if (count < 0) {
                    throw refuse("became shorter while it was read");
                }
                position += count;
            }
        } catch (IOException e) {
            throw new ModelFileException(path, CANNOT_BE_READ + ModelFileException.reason(e), e);
        }
    }

    /** Counts memory that is about to be allocated on behalf of this file. */
    public void spend(long bytes) {
        allowance -= bytes;
        if (allowance < 0) {
            throw refuse(
                    "needs more than four times its own %d bytes of memory; no file of weights"
                                    .formatted(size)
                            + " does");
        }
    }

    /** Grants what another file, which belongs to this one, is allowed. */
    public void allow(ModelFile companion) {
        allowance += 4 * companion.size;
    }

    public ModelFileException refuse(String problem) {
        return new ModelFileException(path, problem);
    }

    public ModelFileException refuse(String problem, Throwable cause) {
        return new ModelFileException(path, problem, cause);
    }

    @Override
    public void close() {
        try {
            source.close();
        } catch (IOException e) {
            throw new ModelFileException(path, CANNOT_BE_READ + ModelFileException.reason(e), e);
        }
    }

    /** Where bytes lie in the file. */
    public record Region(long start, long length) {
        long end() {
            return start + length;
        }
    }
}

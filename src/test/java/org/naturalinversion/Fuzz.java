package org.naturalinversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/**
 * Gives a reader of files damaged ones. Each must be accepted or refused by one exception of the
 * expected type whose message is one line that opens with the file, soon, and without much memory.
 * Seeds are fixed; {@code -Dni.fuzz=1000000} makes more files.
 *
 * @param file where files are put
 * @param refusal what the reader throws at bad files
 * @param memory bytes granted to any file, beside four times its own: also what is garbage at once
 */
public record Fuzz(
        Path file, Class<? extends RuntimeException> refusal, long memory, Reader reader) {
    /** What is tested: reads all that there is in a file. */
    public interface Reader {
        void read(Path file);
    }

    /** Processor time for one file. */
    private static final Duration LONGEST = Duration.ofSeconds(1);

    private static final long MEMORY_PER_BYTE = 4;
    private static final long MEMORY = 4 << 20;

    /** Numbers at the edges of what fields hold. */
    private static final long[] NUMBERS = {
        0,
        1,
        2,
        127,
        128,
        255,
        256,
        32767,
        65535,
        Integer.MAX_VALUE,
        1L << 31,
        (1L << 32) - 1,
        1L << 32,
        1L << 40,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1
    };

    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** With the usual memory. */
    public Fuzz(Path file, Class<? extends RuntimeException> refusal, Reader reader) {
        this(file, refusal, MEMORY, reader);
    }

    /** How many files: as many as asked for, or else the given number. */
    public static int count(int otherwise) {
        return Integer.getInteger("ni.fuzz", otherwise);
    }

    /** A number at the edge of what a field holds. */
    public static long number(Random random) {
        return NUMBERS[random.nextInt(NUMBERS.length)];
    }

    /**
     * Reads good files, and then damaged copies of them.
     *
     * @return how many copies were still accepted
     */
    public int damage(List<byte[]> good, int count, Random random) {
        for (byte[] bytes : good) {
            overwrite(file, bytes);
            reader.read(file);
        }
        int accepted = 0;
        for (int i = 0; i < count; i++) {
            accepted += accepts(damaged(good.get(i % good.size()), random)) ? 1 : 0;
        }
        return accepted;
    }

    /** Whether a file of these bytes is accepted; fails if it is neither that nor well refused. */
    public boolean accepts(byte[] bytes) {
        overwrite(file, bytes);
        long start = THREAD.getCurrentThreadCpuTime();
        long before = THREAD.getCurrentThreadAllocatedBytes();
        String complaint = null;
        try {
            reader.read(file);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            if (!refusal.isInstance(e)) {
                return fail(HexFormat.of().formatHex(bytes), e);
            }
            complaint = e.getMessage();
        }
        long taken = THREAD.getCurrentThreadAllocatedBytes() - before;
        Duration time = Duration.ofNanos(THREAD.getCurrentThreadCpuTime() - start);
        if (taken > memory + MEMORY_PER_BYTE * bytes.length || time.compareTo(LONGEST) > 0) {
            fail("%d bytes, %s: %s", taken, time, HexFormat.of().formatHex(bytes));
        }
        if (complaint != null) {
            assertThat(complaint).startsWith(file + ": ").doesNotContain("\n");
        }
        return complaint == null;
    }

    /** A copy with one to four changes. */
    private static byte[] damaged(byte[] good, Random random) {
        byte[] bytes = good.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
            int at = random.nextInt(bytes.length);
            int other = random.nextInt(bytes.length);
            int length = random.nextInt(Math.min(64, bytes.length - Math.max(at, other)) + 1);
            switch (random.nextInt(8)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> bytes[at] = bytes[other];
                case 3 -> System.arraycopy(bytes, at, bytes, other, length);
                case 4 -> putNumber(bytes, at, 1 << random.nextInt(4), random);
                case 5 -> bytes = replaced(bytes, at, length, 0, other);
                case 6 -> bytes = replaced(bytes, at, 0, length, other);
                default -> bytes = random.nextInt(4) == 0 ? Arrays.copyOf(bytes, at) : bytes;
            }
        }
        return bytes;
    }

    /** Puts a number, in either order of bytes. */
    private static void putNumber(byte[] bytes, int at, int width, Random random) {
        long number = number(random);
        ByteBuffer eight = ByteBuffer.allocate(8);
        boolean little = random.nextBoolean();
        eight.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN).putLong(number);
        int from = little ? 0 : 8 - width;
        System.arraycopy(eight.array(), from, bytes, at, Math.min(width, bytes.length - at));
    }

    /** The bytes with some taken out at one place, and some copied there from another. */
    private static byte[] replaced(byte[] bytes, int at, int removed, int inserted, int from) {
        return ByteBuffer.allocate(bytes.length - removed + inserted)
                .put(bytes, 0, at)
                .put(bytes, from, inserted)
                .put(bytes, at + removed, bytes.length - at - removed)
                .array();
    }

    /** Never empties the file first, which some file systems take for a reason to flush it. */
    private static void overwrite(Path file, byte[] bytes) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes));
            channel.truncate(bytes.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.naturalinversion.model.io.PickleWriter.pickle;
import static org.naturalinversion.model.io.TorchFiles.floats;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads good files with random damage, and random pickles in good files. Each must end in weights
 * or in a {@link ModelFileException}, soon, and without much memory. Seeds are fixed; {@code
 * -Dni.fuzz=1000000} makes more of them.
 */
class DamagedFilesTest {
    private static final int COUNT = Integer.getInteger("ni.fuzz", 20_000);
    private static final Duration LONGEST = Duration.ofSeconds(1);

    /** Four times the largest file, the megabyte granted to any, and what is garbage at once. */
    private static final long MOST_MEMORY = 4 << 20;

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

    private static final String OPCODES =
            "(012}])Nleutdsaobi\u0081\u0085\u0086\u0087RRRQQ\u0094\u0090";

    private static final List<String> TEXTS =
            List.of("w", "storage", "0", "model", "state_dict", "module.w", "torch.Size");

    private static final List<String> NAMES =
            List.of(
                    "collections.OrderedDict",
                    "torch.Size",
                    "torch._utils._rebuild_tensor_v2",
                    "torch._utils._rebuild_tensor_v3",
                    "torch._utils._rebuild_parameter",
                    "torch._tensor._rebuild_from_type_v2",
                    "torch.FloatStorage",
                    "torch.float32",
                    "numpy.dtype");

    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir Path folder;

    @Test
    void endInWeightsOrInOneComplaint() throws IOException {
        List<byte[]> seeds = seeds();
        Random random = new Random(7);
        Path file = folder.resolve("damaged");
        for (byte[] seed : seeds) {
            overwrite(file, seed);
            Weights.read(file);
        }
        int accepted = 0;
        for (int i = 0; i < COUNT * 3 / 4; i++) {
            byte[] bytes = damaged(seeds.get(i % seeds.size()), random);
            overwrite(file, bytes);
            accepted += isAccepted(file, bytes) ? 1 : 0;
        }
        assertThat(accepted).as("files that are still good").isBetween(COUNT / 100, COUNT / 2);
    }

    @Test
    void endTheSameWhateverThePickleDoes() throws IOException {
        Random random = new Random(8);
        Path file = folder.resolve("random");
        byte[] good =
                TorchFiles.zip(
                        pickle().op("}").entry("w", "FloatStorage", "0", 4, 4).op("s").stop(),
                        floats(1, 2, 3, 4));
        overwrite(file, good);
        Weights.read(file);
        for (int i = 0; i < COUNT / 4; i++) {
            byte[] bytes = TorchFiles.zip(randomPickle(random), floats(1, 2, 3, 4));
            overwrite(file, bytes);
            isAccepted(file, bytes);
        }
    }

    private static boolean isAccepted(Path file, byte[] bytes) {
        long start = THREAD.getCurrentThreadCpuTime();
        long memory = THREAD.getCurrentThreadAllocatedBytes();
        String complaint = null;
        try {
            Weights.read(file).requireFinite();
        } catch (ModelFileException e) {
            complaint = e.getMessage();
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return fail(HexFormat.of().formatHex(bytes), e);
        }
        memory = THREAD.getCurrentThreadAllocatedBytes() - memory;
        Duration time = Duration.ofNanos(THREAD.getCurrentThreadCpuTime() - start);
        if (memory > MOST_MEMORY || time.compareTo(LONGEST) > 0) {
            fail("%d bytes, %s: %s", memory, time, HexFormat.of().formatHex(bytes));
        }
        if (complaint != null) {
            assertThat(complaint).startsWith(file + ": ").doesNotContain("\n");
        }
        return complaint == null;
    }

    private static List<byte[]> seeds() throws IOException {
        String header =
                "{\"__metadata__\":{\"a\":\"b\"},"
                        + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                        + "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]}}";
        return Stream.concat(
                        Stream.of(
                                        "tensors-zip.pt",
                                        "tensors-legacy.pth",
                                        "tensors-protocol4.pt",
                                        "training-zip.pt",
                                        "training-legacy.pth")
                                .map(TorchCheckpointTest::fixture)
                                .map(DamagedFilesTest::bytes),
                        Stream.of(
                                TorchFiles.safetensors(header, new byte[16]),
                                TorchFiles.safetensors("{}", new byte[0])))
                .toList();
    }

    /** Opcodes in any order, and the names, texts and numbers of tensors. */
    private static byte[] randomPickle(Random random) {
        PickleWriter pickle = pickle().op("}q\0").text("w");
        for (int length = random.nextInt(200); length > 0; length--) {
            int small = random.nextInt(4);
            switch (random.nextInt(12)) {
                case 0 -> pickle.op(OPCODES.charAt(random.nextInt(OPCODES.length())));
                case 1 -> pickle.op(OPCODES.charAt(random.nextInt(OPCODES.length())));
                case 2 -> pickle.op('q', small);
                case 3 -> pickle.op('h', small);
                case 4 -> pickle.op('h', 0);
                case 5 -> pickle.text(TEXTS.get(random.nextInt(TEXTS.size())));
                case 6 -> pickle.integer(NUMBERS[random.nextInt(NUMBERS.length)]);
                case 7 -> pickle.tuple(small, small);
                case 8 -> {
                    String name = NAMES.get(random.nextInt(NAMES.size()));
                    int dot = name.lastIndexOf('.');
                    pickle.global(name.substring(0, dot), name.substring(dot + 1));
                }
                case 9 -> pickle.storage("FloatStorage", "0", 4);
                default ->
                        pickle.tensor(
                                "FloatStorage",
                                "0",
                                4,
                                small,
                                new long[] {random.nextInt(3), 1L << random.nextInt(24)},
                                new long[] {random.nextInt(3), random.nextInt(2)});
            }
        }
        return pickle.stop();
    }

    /** Never empties the file first, which some file systems take for a reason to flush it. */
    private static void overwrite(Path file, byte[] bytes) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes));
            channel.truncate(bytes.length);
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A copy with one to four changes. */
    private static byte[] damaged(byte[] seed, Random random) {
        byte[] bytes = seed.clone();
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

    private static void putNumber(byte[] bytes, int at, int width, Random random) {
        long number = NUMBERS[random.nextInt(NUMBERS.length)];
        byte[] little =
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
        System.arraycopy(little, 0, bytes, at, Math.min(width, bytes.length - at));
    }

    /** The bytes with some taken out at one place, and some copied there from another. */
    private static byte[] replaced(byte[] bytes, int at, int removed, int inserted, int from) {
        return ByteBuffer.allocate(bytes.length - removed + inserted)
                .put(bytes, 0, at)
                .put(bytes, from, inserted)
                .put(bytes, at + removed, bytes.length - at - removed)
                .array();
    }
}

package org.naturalinversion.model.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.model.io.ModelFileException;

/**
 * Reads good files with random damage. Each must end in a classifier or in a {@link
 * ModelFileException}, soon, and without much memory. Seeds are fixed; {@code -Dni.fuzz=1000000}
 * makes more of them.
 */
class DamagedOnnxTest {
    private static final int COUNT = Integer.getInteger("ni.fuzz", 4000);
    private static final Duration LONGEST = Duration.ofSeconds(1);

    /** Four times the largest file, the megabyte granted to any, and what is garbage at once. */
    private static final long MOST_MEMORY = 4 << 20;

    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir private Path folder;

    @Test
    void endsInAClassifierOrInOneComplaint() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        Nets.all().forEach(net -> seeds.add(net.files(0).build().toByteArray()));
        Random random = new Random(9);
        Path file = folder.resolve("damaged.onnx");
        int accepted = 0;
        for (int i = 0; i < COUNT; i++) {
            byte[] bytes = damaged(seeds.get(i % seeds.size()), random);
            Files.write(file, bytes);
            accepted += isAccepted(file, bytes) ? 1 : 0;
        }
        assertThat(accepted).as("files that are still good").isBetween(COUNT / 100, COUNT * 3 / 4);
    }

    /** Flips, overwrites, cuts out, repeats; mostly outside of long runs of weights. */
    private static byte[] damaged(byte[] good, Random random) {
        byte[] bytes = good.clone();
        for (int n = random.nextInt(3); n >= 0; n--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes[at] += (byte) (random.nextBoolean() ? 1 : -1);
                case 3 -> {
                    int end = Math.min(bytes.length, at + 1 + random.nextInt(16));
                    System.arraycopy(
                            bytes,
                            random.nextInt(bytes.length - (end - at) + 1),
                            bytes,
                            at,
                            end - at);
                }
                default -> {
                    byte[] huge = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f};
                    System.arraycopy(huge, 0, bytes, at, Math.min(huge.length, bytes.length - at));
                }
            }
        }
        return random.nextInt(20) == 0
                ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length) + 1)
                : bytes;
    }

    private static boolean isAccepted(Path file, byte[] bytes) {
        long start = THREAD.getCurrentThreadCpuTime();
        long memory = THREAD.getCurrentThreadAllocatedBytes();
        String complaint = null;
        try {
            Agreement.read(file);
        } catch (ModelFileException e) {
            complaint = e.getMessage();
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return fail(HexFormat.of().formatHex(bytes), e);
        }
        memory = THREAD.getCurrentThreadAllocatedBytes() - memory;
        Duration time = Duration.ofNanos(THREAD.getCurrentThreadCpuTime() - start);
        if (memory > MOST_MEMORY || time.compareTo(LONGEST) > 0) {
            fail("%d bytes, %s, %s: %s", memory, time, complaint, HexFormat.of().formatHex(bytes));
        }
        if (complaint != null) {
            assertThat(complaint).startsWith(file + ": ").doesNotContain("\n");
        }
        return complaint == null;
    }
}

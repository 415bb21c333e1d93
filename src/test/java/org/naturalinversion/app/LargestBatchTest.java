package org.naturalinversion.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.OutOfMemoryException;

/** The choice of a batch, where a batch takes 50 MB and each image 1 MB more. */
class LargestBatchTest {
    private static final long MB = 1_000_000;

    private final List<Integer> planned = new ArrayList<>();
    private final List<String> told = new ArrayList<>();

    @ParameterizedTest
    @CsvSource({
        "1,     1, 10000, 16,   no more images are needed; 66 MB of 10000 MB free",
        "17,    1, 10000, 32,   no more images are needed; 82 MB of 10000 MB free",
        "64,    1, 10000, 64,   no more images are needed; 114 MB of 10000 MB free",
        "50000, 1, 10000, 2048, the maximum; 2098 MB of 10000 MB free",
        "50000, 1, 1000,  512,  the largest that fits; 562 MB of 1000 MB free",
        // A tenth is kept back.
        "50000, 1, 120,   32,   the largest that fits; 82 MB of 120 MB free",
        "50000, 1, 127,   64,   the largest that fits; 114 MB of 127 MB free",
        // What is free is divided among those that are made at once.
        "50000, 4, 1000,  128,  the largest that fits; 712 MB of 1000 MB free",
        "100,   4, 10000, 32,   no more images are needed; 328 MB of 10000 MB free",
        "2147483647, 2, 10000, 2048, the maximum; 4196 MB of 10000 MB free",
        "33,    4, 10000, 16,   no more images are needed; 198 MB of 10000 MB free",
    })
    void isTheLargestThatFits(int images, int concurrent, long free, int batch, String why) {
        assertThat(find(images, concurrent, free * MB, b -> (50 + b) * MB)).isEqualTo(batch);
        assertThat(told).hasSize(1);
        assertThat(told.get(0).replaceAll("(?<=\\d),(?=\\d)", ""))
                .isEqualTo("batch %d: %s".formatted(batch, why));
    }

    @Test
    void sizesThatCannotFitAreNotPlanned() {
        find(50_000, 1, 1000 * MB, b -> (50 + b) * MB);
        assertThat(planned).containsExactly(16, 32, 512);
    }

    @Test
    void goesDownWhereMoreIsTakenThanWasForeseen() {
        assertThat(find(50_000, 1, 1000 * MB, b -> (50 + b + (b > 128 ? 1000 : 0)) * MB))
                .isEqualTo(128);
        assertThat(planned).containsExactly(16, 32, 512, 256, 128);
    }

    @Test
    void saysHowMuchIsMissing() {
        assertThatThrownBy(() -> find(100, 2, 100 * MB, b -> (50 + b) * MB))
                .isInstanceOf(OutOfMemoryException.class)
                .hasMessage(
                        "even a batch of 16 is too large: it needs about 132 MB, but only 100 MB are"
                                + " free (memory of the machine: 20,000 MB), a tenth of which is"
                                + " reserved");
        assertThat(told).isEmpty();
    }

    private int find(int images, int concurrent, long free, IntToLongFunction bytes) {
        return new LargestBatch(
                        images,
                        concurrent,
                        FreeMemory.of("memory of the machine", 20_000 * MB, free))
                .find(
                        batch -> {
                            planned.add(batch);
                            return bytes.applyAsLong(batch);
                        },
                        told::add);
    }
}

package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.method.Losses;

/** The table of losses and their plot. */
class LossesTest {
    @TempDir Path folder;

    @Test
    void hasARowForEachIteration() {
        SortedMap<Integer, List<Losses>> histories =
                new TreeMap<>(Map.of(2, List.of(new Losses(1.5f, 0.1f, 1e-7f, 12345.678f, 0))));

        assertThat(new String(LossTable.encode(histories), StandardCharsets.US_ASCII))
                .isEqualTo(
                        """
                        batch,iteration,total,ce,bn,tv,l2
                        2,1,1.5,0.1,1.0E-7,12345.678,0.0
                        """);
    }

    @Test
    void readsWhatItWrites() throws IOException {
        SortedMap<Integer, List<Losses>> histories = new TreeMap<>();
        histories.put(0, Samples.history(0, 7));
        histories.put(3, List.of(new Losses(Float.NaN, 1, Float.POSITIVE_INFINITY, 2, 3)));
        Path file = Files.write(folder.resolve("losses.csv"), LossTable.encode(histories));

        assertThat(LossTable.read(file)).isEqualTo(histories);
    }

    @Test
    void refusesOtherTables() throws IOException {
        Path file = Files.writeString(folder.resolve("losses.csv"), "batch,total\n1,2\n");

        assertThatExceptionOfType(DataFileException.class)
                .isThrownBy(() -> LossTable.read(file))
                .withMessageStartingWith(file + ": is not a table of losses");
    }

    @Test
    void drawsWhateverTheNumbersAre() {
        List<Losses> odd =
                List.of(
                        new Losses(1, 0, 0, 0, 0),
                        new Losses(Float.NaN, Float.POSITIVE_INFINITY, -1, 1e-30f, 1e30f),
                        new Losses(2, 1, 1, 1, 1));

        Picture plot = LossPlot.draw(List.of(odd, Samples.history(1, 5000)));
        Picture one = LossPlot.draw(List.of(List.of(new Losses(1, 1, 1, 1, 1))));

        assertThat(plot.width()).isEqualTo(960);
        assertThat(plot.pixels()).isNotEqualTo(one.pixels());
    }
}

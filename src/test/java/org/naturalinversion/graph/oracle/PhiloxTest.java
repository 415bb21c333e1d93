package org.naturalinversion.graph.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PhiloxTest {
    /** The test vectors that come with Random123, the authors' own implementation. */
    @Test
    void isTheAuthorsGenerator() {
        assertThat(Philox.words(new int[4], new int[2]))
                .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        assertThat(Philox.words(new int[] {-1, -1, -1, -1}, new int[] {-1, -1}))
                .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
        int[] pi = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
        assertThat(Philox.words(pi, new int[] {0xa4093822, 0x299f31d0}))
                .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    @Test
    void normalNumbersHaveTheMomentsOfTheNormalDistribution() {
        int n = 200_000;
        double[] z = draw(n, 1, 7);
        double error = 5 / Math.sqrt(n);
        assertThat(moment(z, 1)).isCloseTo(0, within(error));
        assertThat(moment(z, 2)).isCloseTo(1, within(error * Math.sqrt(2)));
        assertThat(moment(z, 3)).isCloseTo(0, within(error * Math.sqrt(15)));
        assertThat(moment(z, 4)).isCloseTo(3, within(error * Math.sqrt(96)));
        double[] next = IntStream.range(1, n).mapToDouble(i -> z[i] * z[i - 1]).toArray();
        assertThat(moment(next, 1)).isCloseTo(0, within(error));
    }

    @Test
    void streamsBatchesAndSeedsAreIndependent() {
        double[] z = draw(50_000, 1, 7);
        double error = 5 / Math.sqrt(z.length);
        assertThat(correlation(z, draw(z.length, 2, 7))).isCloseTo(0, within(error));
        assertThat(correlation(z, draw(z.length, 1, 8))).isCloseTo(0, within(error));
        double[] other =
                IntStream.range(0, z.length)
                        .mapToDouble(i -> Philox.normal(new int[] {43, 0, 7}, 1, i))
                        .toArray();
        assertThat(correlation(z, other)).isCloseTo(0, within(error));
    }

    private static double[] draw(int n, int stream, int batch) {
        int[] key = {42, 0, batch};
        return IntStream.range(0, n).mapToDouble(i -> Philox.normal(key, stream, i)).toArray();
    }

    private static double moment(double[] values, int order) {
        double sum = 0;
        for (double value : values) {
            sum += Math.pow(value, order);
        }
        return sum / values.length;
    }

    private static double correlation(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum / a.length;
    }
}

package org.naturalinversion.graph.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void aCosineRisesToItsFullSizeAndFallsToNearlyNothing() {
        float[] factors = Schedule.cosine(12, 2).factors().toFloats();

        assertThat(factors).hasSize(12).startsWith(0.5f, 1f, 1f);
        for (int i = 3; i < 12; i++) {
            assertThat(factors[i]).isLessThan(factors[i - 1]).isPositive();
        }
        assertThat(factors[7]).isCloseTo(0.5f, within(1e-6f));
        assertThat(factors[11]).isCloseTo(0.0245f, within(1e-4f));
    }

    @Test
    void stepsFallAtTheirMilestones() {
        float[] factors = Schedule.stepped(8, 1, List.of(3, 6), 0.1).factors().toFloats();

        assertThat(factors)
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(1, 1, 1, 0.1f, 0.1f, 0.1f, 0.01f, 0.01f);
    }

    @Test
    void aTailIsConstantFirst() {
        float[] factors = Schedule.cosineTail(8, 0.5).factors().toFloats();

        assertThat(factors).startsWith(1, 1, 1, 1, 1);
        assertThat(factors[6]).isCloseTo(0.5f, within(1e-6f));
        assertThat(factors[7]).isCloseTo(0.1464f, within(1e-4f));
    }
}

package org.naturalinversion.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

class ScoreTest {
    @Test
    void addsUpBatches() {
        Score score = new Score(3);
        score.add(HostTensor.of(Shape.of(2, 3), 1f, 2f, 3f, 0f, 1000f, 0f), new int[] {2, 0});
        score.add(HostTensor.of(Shape.of(1, 3), 0f, 0f, 0f), new int[] {0});

        double first = Math.log(1 + Math.exp(-1) + Math.exp(-2));
        assertThat(score.images()).isEqualTo(3);
        assertThat(score.accuracy()).hasValue(2 / 3.0);
        assertThat(score.accuracy(0)).hasValue(0.5);
        assertThat(score.accuracy(1)).isEmpty();
        assertThat(score.accuracy(2)).hasValue(1);
        assertThat(score.images(0)).isEqualTo(2);
        assertThat(score.crossEntropy().orElseThrow())
                .isCloseTo((first + 1000 + Math.log(3)) / 3, within(1e-12));
    }

    @Test
    void hasNothingToSayOfNothing() {
        assertThat(new Score(2).accuracy()).isEmpty();
        assertThat(new Score(2).crossEntropy()).isEmpty();
    }

    @Test
    void refusesLogitsThatAreNoNumbers() {
        Score score = new Score(2);
        score.add(HostTensor.of(Shape.of(1, 2), 0f, 1f), new int[] {0});
        HostTensor bad = HostTensor.of(Shape.of(1, 2), 0f, Float.NaN);
        assertThatThrownBy(() -> score.add(bad, new int[] {0}))
                .isInstanceOf(ArithmeticException.class)
                .hasMessageContaining("logits of image 2 are not finite");
    }
}

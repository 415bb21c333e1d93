package org.naturalinversion.metric;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

class EvaluatorTest {
    @Test
    void countsRowsWhoseLargestNumberIsAtTheLabel() {
        HostTensor logits =
                HostTensor.of(Shape.of(3, 3), 1f, 2f, 3f, -1f, -2f, -3f, 0f, Float.NaN, 1f);
        assertThat(Evaluator.correct(logits, List.of(2, 0, 2))).isEqualTo(3);
        assertThat(Evaluator.correct(logits, List.of(0, 1, 0))).isZero();
        assertThat(Evaluator.correct(logits, List.of(2))).isOne();
    }
}

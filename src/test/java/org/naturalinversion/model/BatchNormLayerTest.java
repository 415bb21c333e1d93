package org.naturalinversion.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** What running statistics say of themselves. */
class BatchNormLayerTest {
    @Test
    void theNameIsWhatThatOfTheStatisticsBeginsWith() {
        assertThat(layer("layer1.0.bn1.running_mean", "g", 1, 2).name()).isEqualTo("layer1.0.bn1");
        assertThat(layer("onnx::BatchNormalization_7", "bn1.weight", 1, 2).name()).isEqualTo("bn1");
        assertThat(layer("mean7", "gamma7", 1, 2).name()).isEqualTo("mean7");
    }

    @Test
    void statisticsOfDataAreFinitePositiveAndNotThoseOfTheStart() {
        assertThat(layer("bn.mean", "g", 0, 1.5f).problem()).isEmpty();
        assertThat(layer("bn.mean", "g", 0.1f, 1).problem()).isEmpty();
        assertThat(layer("bn.mean", "g", Float.NaN, 1).problem())
                .hasValue("bn: channel 1 is not finite");
        assertThat(layer("bn.mean", "g", 1, Float.POSITIVE_INFINITY).problem())
                .hasValue("bn: channel 1 is not finite");
        assertThat(layer("bn.mean", "g", 1, 0).problem())
                .hasValue("bn: channel 1 has variance 0.0");
        assertThat(layer("bn.mean", "g", 0, 1).problem())
                .hasValue("bn: mean 0 and variance 1, as before any training");
    }

    /** Two channels; the statistics of the first are those of the start. */
    private static BatchNormLayer layer(String meanName, String gammaName, float mean, float var) {
        Graph g = new Graph();
        Value x = g.input("x", Type.feature(Shape.of(1, 2, 2, 2)));
        Value m = g.constant(meanName, HostTensor.of(Shape.of(2), 0, mean));
        Value v = g.constant("var", HostTensor.of(Shape.of(2), 1, var));
        Value gamma = g.constant(gammaName, HostTensor.of(Shape.of(2), 1f, 1f));
        Value beta = g.constant("beta", HostTensor.of(Shape.of(2), 0f, 0f));
        List<Value> folded = g.applyAll(new FoldBatchNorm(1e-5), List.of(gamma, beta, m, v));
        Value y = g.apply(FrozenBatchNorm.plain(), x, folded.get(0), folded.get(1), m);
        return BatchNormLayer.of(y.node());
    }
}

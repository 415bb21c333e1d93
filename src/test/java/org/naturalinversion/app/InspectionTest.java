package org.naturalinversion.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.method.Settings;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.TestNetworks;
import org.naturalinversion.model.zoo.ResNetCifar;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** What is said of classifiers. */
class InspectionTest {
    private static final Architecture RESNET =
            new ResNetCifar(8, false, 10, new ImageSize(28, 28, 1));

    @Test
    void tellsTheLayersWhereTheyAreAndWhatTapsSee() {
        Inspection i = Inspection.of(TestNetworks.classifier(RESNET));
        assertThat(i.bnLayers()).isEqualTo(7);
        assertThat(i.bnWhere())
                .hasSize(7)
                .startsWith(new Inspection.Layer("bn1", 16, 28, 28))
                .endsWith(new Inspection.Layer("layer3.0.bn2", 64, 7, 7));
        assertThat(i.taps())
                .containsExactly(
                        new Inspection.Tap(16, 28, 28, 7),
                        new Inspection.Tap(32, 14, 14, 13),
                        new Inspection.Tap(64, 7, 7, 25));
        assertThat(i.invertible()).isTrue();
        // Filters, two numbers for each BatchNorm channel, the linear layer.
        int filters = 9 * (16 + 2 * 16 * 16 + 16 * 32 + 32 * 32 + 32 * 64 + 64 * 64);
        assertThat(i.parameters()).isEqualTo(filters + 2 * (3 * 16 + 2 * 32 + 2 * 64) + 650);
    }

    @Test
    void saysHowToKeepLayersThatAnExporterFolded() {
        Architecture folded =
                TestNetworks.net(
                        16, 3, (layers, image) -> biased(layers, biased(layers, image, 1), 2));
        Inspection i = Inspection.of(TestNetworks.classifier(folded));
        assertThat(i.taps()).hasSize(2);
        assertThat(i.invertible()).isFalse();
        assertThat(i.lacksBatchNorm()).isTrue();
        assertThat(i.reason())
                .contains("no BatchNorm layers", "TrainingMode.PRESERVE", "--allow-missing-bn");
    }

    private static Value biased(Layers layers, Value x, int stride) {
        int from = x.shape().channels();
        float[] filters = new float[4 * from * 9];
        Arrays.fill(filters, 0.1f);
        Value w = layers.graph().constant("w", HostTensor.of(Shape.of(4, from, 3, 3), filters));
        Value b = layers.graph().constant("b", HostTensor.of(Shape.of(4), 1f, 2f, 3f, 4f));
        return layers.relu(layers.graph().apply(Conv2d.of(3, stride, 1, true), x, w, b));
    }

    @Test
    void saysWhichStatisticsCannotBeThoseOfData() {
        Classifier sound = TestNetworks.classifier(RESNET);
        Map<String, HostTensor> weights = new LinkedHashMap<>(sound.weights());
        weights.put("bn1.running_var", HostTensor.of(Shape.of(16), new float[16]));
        Inspection i = Inspection.of(new Classifier(RESNET, weights, sound.normalization()));
        assertThat(i.bnProblems()).containsExactly("bn1: channel 0 has variance 0.0");
        assertThat(i.invertible()).isFalse();
        assertThat(i.reason()).contains("of 1 of 7 BatchNorm layers", "--allow-missing-bn");
    }

    @Test
    void saysWhereThereIsNoPyramid() {
        Architecture flat =
                TestNetworks.net(
                        8, 3, (layers, image) -> TestNetworks.unit(layers, "a", image, 4, 3, 1));
        Inspection i = Inspection.of(TestNetworks.classifier(flat));
        assertThat(i.lacksBatchNorm()).isFalse();
        assertThat(i.lacksTaps()).isTrue();
        assertThat(i.invertible()).isFalse();
        assertThat(i.reason()).contains("it has 1", "--no-ftp");
    }

    @Test
    void foreseesMoreForMoreImages() {
        Classifier classifier = TestNetworks.classifier(RESNET);
        Settings settings = Settings.QUICK.generator(8, 16);
        Peak peak = new Peak(1e11, 2e10, 1e10);
        try (Engine engine = Backends.open("cpu", 0)) {
            Forecast few = Forecast.of(engine, peak, classifier, settings.batch(2));
            Forecast many = Forecast.of(engine, peak, classifier, settings.batch(32));
            assertThat(many.memoryBytes()).isGreaterThan(few.memoryBytes());
            assertThat(many.secondsPerIteration()).isGreaterThan(2 * few.secondsPerIteration());
            assertThat(few.secondsPerIteration()).isPositive();
        }
    }
}

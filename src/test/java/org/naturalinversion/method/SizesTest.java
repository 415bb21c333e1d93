package org.naturalinversion.method;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.naturalinversion.TestBackends;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Calibration;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.TestNetworks;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Images, maps and pyramids of all sizes. */
class SizesTest {
    private static final Settings SMALL =
            Settings.PAPER_CIFAR10.batch(2).iterations(8).generator(8, 16);

    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = TestBackends.open();
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @ParameterizedTest(name = "{1} x {0} x {0}, {2} stages")
    @CsvSource({"28, 1, 4", "30, 4, 5", "32, 3, 6", "9, 2, 2"})
    void everyPyramidInvertsAndTheLossFalls(int size, int channels, int stages) {
        Architecture stack =
                TestNetworks.net(
                        size,
                        channels,
                        (layers, image) -> {
                            Value x = TestNetworks.unit(layers, "0", image, 4, 3, 1);
                            for (int i = 1; i < stages; i++) {
                                x = TestNetworks.unit(layers, "" + i, x, 4 + i, 3, 2);
                            }
                            return x;
                        });
        requireFallingLoss(stack, SMALL);
    }

    @Test
    void largeImagesWhoseFinestMapIsAQuarterAsLarge() {
        requireFallingLoss(TestNetworks.resNet18(8, 1000, 64), SMALL.jitter(3));
    }

    @Test
    void mapsThatPaddingMakesLargerThanTheImage() {
        Architecture padded =
                TestNetworks.net(
                        14,
                        1,
                        (layers, image) -> {
                            Value w = filters(layers.graph(), image, 4);
                            Value x = layers.graph().apply(Conv2d.of(3, 1, 2, false), image, w);
                            x = layers.relu(layers.batchNorm("a", x));
                            return TestNetworks.unit(layers, "b", x, 6, 3, 2);
                        });
        assertThat(TestNetworks.classifier(padded).applyAlone(1).taps().get(0).shape().get(1))
                .isEqualTo(16);
        requireFallingLoss(padded, SMALL);
    }

    private static Value filters(Graph g, Value x, int channels) {
        Shape shape = Shape.of(channels, x.shape().channels(), 3, 3);
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        return g.constant("a.filters", HostTensor.of(shape, values));
    }

    @Test
    void generatorsGrowToTheImageFromASeedOfAtMostEight() {
        assertThat(sizes(28)).containsExactly(7, 14, 28);
        assertThat(sizes(32)).containsExactly(8, 16, 32);
        assertThat(sizes(75)).containsExactly(5, 10, 19, 38, 75);
        assertThat(sizes(224)).containsExactly(7, 14, 28, 56, 112, 224);
        Generator large = new Generator(128, new ImageSize(224, 224, 3));
        assertThat(IntStream.rangeClosed(1, 5).map(large::channels))
                .containsExactly(128, 128, 128, 64, 32);
    }

    @Test
    void theLossHasNoTermOfBatchNormLayersThatAreNotThere() {
        Architecture bare =
                TestNetworks.net(
                        16,
                        1,
                        (layers, image) -> {
                            Value x = layers.relu(layers.conv("a", image, 4, 3, 1));
                            return layers.relu(layers.conv("b", x, 4, 3, 2));
                        });
        Batch batch = requireFallingLoss(bare, SMALL.weights(new Settings.Weights(1, 10, 1, 1)));
        Losses losses = batch.history().get(0);
        assertThat(losses.batchNorm()).isZero();
        assertThat(losses.total())
                .isCloseTo(
                        losses.crossEntropy() + losses.totalVariation() + losses.l2(),
                        Percentage.withPercentage(1e-3));
    }

    @Test
    void aDryRunTellsTheBytesOfARealOne() {
        Classifier teacher = TestNetworks.classifier(TestNetworks.resNet18(8, 10, 32));
        try (Inversion dry = new Inversion(engine.dry(), teacher, SMALL);
                Inversion real = new Inversion(engine, teacher, SMALL)) {
            assertThat(dry.memoryBytes()).isEqualTo(real.memoryBytes()).isPositive();
            assertThat(dry.plan().flops()).isEqualTo(real.plan().flops()).isPositive();
        }
    }

    private static Batch requireFallingLoss(Architecture architecture, Settings settings) {
        Classifier teacher =
                Calibration.calibrated(engine, TestNetworks.classifier(architecture), 8);
        List<Integer> targets = List.of(0, 9);
        try (Inversion inversion = new Inversion(engine, teacher, settings)) {
            Batch batch = inversion.run(5, 0, targets, (done, losses) -> {});
            ImageSize size = architecture.input();
            assertThat(batch.images().shape())
                    .isEqualTo(Shape.of(2, size.height(), size.width(), size.channels()));
            assertThat(batch.best().total()).isLessThan(0.95f * batch.history().get(0).total());
            return batch;
        }
    }

    private static List<Integer> sizes(int extent) {
        return new Generator(128, new ImageSize(extent, extent, 1))
                .sizes().stream().map(ImageSize::height).toList();
    }
}

package org.naturalinversion.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.naturalinversion.model.TestNetworks.add;
import static org.naturalinversion.model.TestNetworks.classifier;
import static org.naturalinversion.model.TestNetworks.linearUnit;
import static org.naturalinversion.model.TestNetworks.net;
import static org.naturalinversion.model.TestNetworks.pool;
import static org.naturalinversion.model.TestNetworks.unit;

import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.model.zoo.ResNetCifar;
import org.naturalinversion.model.zoo.Zoo;
import org.naturalinversion.tensor.Shape;

/** Where networks of every build are tapped. */
class TapsTest {
    @Test
    void residualNetworksWhereTheirStagesEnd() {
        Applied small = apply(new ResNetCifar(20, false, 10, new ImageSize(32, 32, 3)));
        assertThat(channelsAndSizes(small)).containsExactly("16@32", "32@16", "64@8");

        Applied large = apply(TestNetworks.resNet18(4, 10, 64));
        assertThat(channelsAndSizes(large)).containsExactly("4@32", "4@16", "8@8", "16@4", "32@2");
        assertThat(large.taps().get(1).node().input(0).node().op().label()).isEqualTo("Add");
        assertThat(large.taps().stream().map(large::receptiveField))
                .containsExactly(7, 43, 99, 211, 435);
        assertThat(large.batchNorms()).hasSize(20);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resnet18         | 64@112 64@56 128@28 256@14 512@7",
                "resnet50         | 64@112 256@56 512@28 1024@14 2048@7",
                "resnet34-cifar   | 64@32 128@16 256@8 512@4",
                "wrn-16-1         | 16@32 32@16 64@8",
                "vgg16_bn-cifar   | 64@32 128@16 256@8 512@4 512@2",
                "vgg16_bn         | 64@224 128@112 256@56 512@28 512@14 512@7",
                "mobilenet_v2     | 96@112 144@56 192@28 576@14 1280@7",
            })
    void architecturesOfTheZoo(String name, String expected) {
        Architecture architecture = Zoo.find(name, 10, Zoo.input(name));
        Graph graph = new Graph();
        ImageSize size = architecture.input();
        Shape image = Shape.of(1, size.height(), size.width(), size.channels());
        Value x = graph.input("image", Type.feature(image));
        int before = graph.nodes().size();
        Layers layers =
                new Layers(graph, (g, key, shape) -> g.input(key, Type.exact(shape.toArray())));
        Value logits = architecture.build(layers, x);
        Applied applied = new Applied(logits, graph.nodes().subList(before, graph.nodes().size()));
        assertThat(String.join(" ", channelsAndSizes(applied))).isEqualTo(expected);
    }

    @Test
    void aConvolutionBeforeTheStrideIsNoEndOfAStage() {
        // Bottleneck blocks whose stride is in their second convolution.
        Applied applied =
                apply(
                        16,
                        (layers, image) -> {
                            Value x = unit(layers, "stem", image, 6, 3, 1);
                            Value y = unit(layers, "a.1", x, 3, 1, 1);
                            y = unit(layers, "a.2", y, 3, 3, 2);
                            y = linearUnit(layers, "a.3", y, 12, 1, 1);
                            Value shortcut = linearUnit(layers, "a.0", x, 12, 1, 2);
                            return layers.relu(add(layers, y, shortcut));
                        });
        assertThat(channelsAndSizes(applied)).containsExactly("6@16", "12@8");
    }

    @Test
    void networksThatActivateFirstAfterTheActivation() {
        for (boolean raw : new boolean[] {false, true}) {
            Applied applied = apply(16, (layers, x) -> TestNetworks.preActivation(layers, x, raw));
            assertThat(channelsAndSizes(applied)).containsExactly("4@16", "8@8");
            // In both, the next block's own: the sum's BatchNorm and ReLU.
            Value sum = applied.taps().get(0).node().input(0).node().input(0);
            assertThat(sum.node().op().label()).isEqualTo("Add");
        }
    }

    @Test
    void whatIsPutTogetherOfActivatedMaps() {
        assertThat(channelsAndSizes(apply(16, TestNetworks::dense)))
                .containsExactly("10@16", "11@8");
        assertThat(channelsAndSizes(apply(16, TestNetworks::shuffled)))
                .containsExactly("4@16", "8@8");
    }

    @Test
    void linearBottlenecksAtTheirLastExpansion() {
        assertThat(channelsAndSizes(apply(16, TestNetworks::linearBottlenecks)))
                .containsExactly("20@16", "32@8");
    }

    @Test
    void beforeABatchNormThatFollowsTheActivation() {
        Applied applied =
                apply(
                        16,
                        (layers, image) -> {
                            Value x = layers.relu(layers.conv("a", image, 4, 3, 1));
                            x = pool(layers, layers.batchNorm("bn1", x), 2, 2, 0);
                            x = layers.relu(layers.conv("b", x, 6, 3, 1));
                            return layers.batchNorm("bn2", x);
                        });
        assertThat(channelsAndSizes(applied)).containsExactly("4@16", "6@8");
        assertThat(applied.taps()).allMatch(tap -> tap.node().op() instanceof Activate);
        assertThat(applied.batchNorms()).extracting(BatchNormLayer::name).contains("bn1", "bn2");
    }

    @Test
    void neitherWhatTheLogitsDoNotSeeNorSinglePixels() {
        Applied applied =
                apply(
                        16,
                        (layers, image) -> {
                            Value x = unit(layers, "a", image, 4, 3, 1);
                            Value unseen = unit(layers, "auxiliary", x, 9, 3, 1);
                            assertThat(unseen.node().input(0).node().op())
                                    .isInstanceOf(FrozenBatchNorm.class);
                            x = unit(layers, "b", x, 5, 3, 2);
                            x = pool(layers, x, 8, 8, 0);
                            return unit(layers, "c", x, 7, 1, 1);
                        });
        assertThat(channelsAndSizes(applied)).containsExactly("4@16", "5@8");
        assertThat(applied.batchNorms())
                .extracting(BatchNormLayer::name)
                .containsExactly("a.bn", "b.bn", "c.bn");
    }

    @Test
    void sizesThatDoNotHalve() {
        Applied applied =
                apply(
                        28,
                        (layers, image) -> {
                            Value x = unit(layers, "a", image, 4, 3, 1);
                            for (int stage = 0; stage < 3; stage++) {
                                x = unit(layers, "b" + stage, x, 5 + stage, 3, 2);
                            }
                            return x;
                        });
        assertThat(channelsAndSizes(applied)).containsExactly("4@28", "5@14", "6@7", "7@4");
    }

    @Test
    void ofTooManyThoseThatDifferMost() {
        // Convolutions without padding make a new size each: here 31, 15, 13, 11, 9, 7, 5, 2.
        Applied applied =
                apply(
                        32,
                        (layers, image) -> {
                            Value x = pool(layers, image, 2, 1, 0);
                            x = unit(layers, "a", x, 4, 3, 1);
                            x = unit(layers, "b", pool(layers, x, 3, 2, 0), 4, 3, 1);
                            for (int i = 0; i < 5; i++) {
                                x = unit(layers, "c" + i, pool(layers, x, 3, 1, 0), 4, 3, 1);
                            }
                            return unit(layers, "d", pool(layers, x, 3, 2, 0), 4, 3, 1);
                        });
        assertThat(channelsAndSizes(applied))
                .containsExactly("4@31", "4@15", "4@11", "4@7", "4@5", "4@2");
    }

    private static Applied apply(int size, BiFunction<Layers, Value, Value> body) {
        return apply(net(size, 3, body));
    }

    private static Applied apply(Architecture architecture) {
        return classifier(architecture).applyAlone(2);
    }

    private static List<String> channelsAndSizes(Applied applied) {
        List<Value> taps = applied.taps();
        return IntStream.range(0, taps.size())
                .mapToObj(i -> taps.get(i).shape())
                .map(shape -> shape.channels() + "@" + shape.get(1))
                .toList();
    }
}

package org.naturalinversion.model.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.ChannelShuffle;
import org.naturalinversion.graph.op.L2Norm;
import org.naturalinversion.graph.op.Permute;
import org.naturalinversion.model.Applied;
import org.naturalinversion.model.BatchNormLayer;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.model.io.onnx.Nets.Net;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Networks of every operator, run here and in ONNX Runtime. */
class OnnxReaderTest {
    private static final Map<String, ?> NONE = Map.of();
    private static Agreement agreement;

    @TempDir private Path folder;

    @BeforeAll
    static void open() {
        agreement = new Agreement();
    }

    @AfterAll
    static void close() {
        agreement.close();
    }

    static Stream<Net> nets() {
        return Nets.all();
    }

    @ParameterizedTest
    @MethodSource("nets")
    void agreeWithOnnxRuntime(Net net) {
        Path open = net.files(0).write(folder.resolve("open.onnx"));
        assertThat(agreement.check(open, 3).classes()).isEqualTo(5);
    }

    @ParameterizedTest
    @MethodSource("nets")
    void batchesOfAFixedSizeAreNot(Net net) {
        Path fixed = net.files(2).write(folder.resolve("fixed.onnx"));
        assertThat(agreement.check(fixed, 5).input()).isEqualTo(new ImageSize(9, 7, 3));
    }

    @Test
    void whatExportersWriteAsSeveralNodesIsOneOp() {
        assertThat(ops("hard-swish by Clip")).contains(Activate.hardSwish());
        assertThat(ops("hard-swish, divided last")).contains(Activate.hardSwish());
        assertThat(ops("hard-swish by HardSigmoid")).contains(Activate.hardSwish());
        assertThat(ops("SiLU")).contains(Activate.silu());
        assertThat(ops("channel shuffle")).contains(new ChannelShuffle(2));
        assertThat(ops("Gemm of a map")).noneMatch(Permute.class::isInstance);
    }

    private List<Op> ops(String name) {
        Net net = nets().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
        Classifier classifier = Agreement.read(net.files(0).write(folder.resolve("ops.onnx")));
        return classifier.applyAlone(2).nodes().stream().map(Node::op).toList();
    }

    @Test
    void batchNormLayersAreFoundByName() {
        Path file =
                OnnxFiles.of(13, 0, 3, 8, 8)
                        .batchNorm("features.norm0", 3)
                        .conv("features.conv0", 3, 4, 3, NONE)
                        .batchNorm("plain", 4)
                        .head(4)
                        .write(folder.resolve("bn.onnx"));
        Applied applied = agreement.check(file, 2).applyAlone(2);
        assertThat(applied.batchNorms())
                .extracting(BatchNormLayer::name)
                .containsExactly("features.norm0", "plain");
    }

    @ParameterizedTest
    @MethodSource("lasts")
    void logitsAreWhatComesBeforeASoftmax(String last, int opset) {
        Path file =
                OnnxFiles.of(opset, 0, 3, 8, 8)
                        .conv("c", 3, 4, 3, NONE)
                        .head(4)
                        .node(last)
                        .write(folder.resolve("softmax.onnx"));
        assertThat(agreement.check(file, 2, last).classes()).isEqualTo(5);
    }

    static Stream<Arguments> lasts() {
        return Stream.of("Softmax", "LogSoftmax")
                .flatMap(last -> Stream.of(9, 13).map(opset -> Arguments.of(last, opset)));
    }

    @Test
    void imagesMayHaveTheirChannelsLast() {
        Path file =
                OnnxFiles.of(13, 0, 9, 7, 3)
                        .node("Transpose", Map.of("perm", List.of(0, 3, 1, 2)))
                        .conv("c", 3, 4, 3, NONE)
                        .node("Transpose", Map.of("perm", List.of(0, 2, 3, 1)))
                        .node("Flatten")
                        .fc("fc", 4 * 35, 5)
                        .write(folder.resolve("last.onnx"));
        assertThat(agreement.check(file, 2).input()).isEqualTo(new ImageSize(9, 7, 3));
    }

    /** Against differences of the engine's own loss: one direction in the space of all pixels. */
    @Test
    void everythingDifferentiatesByTheImage() {
        Path file =
                Nets.excitation(
                                OnnxFiles.of(13, 0, 3, 6, 6)
                                        .conv("a", 3, 8, 3, NONE)
                                        .batchNorm("bn", 8)
                                        .node("Sigmoid"))
                        .node("Flatten")
                        .fc("fc", 8 * 16, 5)
                        .write(folder.resolve("gradient.onnx"));
        Classifier classifier = Agreement.read(file);
        Graph graph = new Graph();
        Value image = graph.parameter("image", Shape.of(2, 6, 6, 3), new Init.Fill(0));
        Value logits = classifier.apply(graph, image).logits();
        Value loss = graph.apply(new L2Norm(), logits);
        try (Plan plan =
                agreement
                        .engine()
                        .compiler(graph)
                        .outputs(loss)
                        .gradients(image)
                        .minimize(loss, List.of())
                        .compile()) {
            float[] x = new float[2 * 6 * 6 * 3];
            Random random = new Random(3);
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextGaussian();
            }
            lossAt(plan, image, loss, x);
            float[] gradient = plan.readGradient(image).toFloats();
            double norm = 0;
            for (float g : gradient) {
                norm += (double) g * g;
            }
            norm = Math.sqrt(norm);
            float[] up = x.clone();
            float[] down = x.clone();
            for (int i = 0; i < x.length; i++) {
                up[i] += (float) (0.02 * gradient[i] / norm);
                down[i] -= (float) (0.02 * gradient[i] / norm);
            }
            double slope = (lossAt(plan, image, loss, up) - lossAt(plan, image, loss, down)) / 0.04;
            assertThat(slope).isCloseTo(norm, withinPercentage(0.5));
            assertThat(norm).isPositive();
        }
    }

    private static double lossAt(Plan plan, Value image, Value loss, float[] x) {
        plan.write(image, HostTensor.of(image.shape(), x));
        plan.step();
        return plan.read(loss).toFloats()[0];
    }

    @Test
    void whatTheFileSaysOfItsImagesCounts() {
        Path file =
                OnnxFiles.of(13, 0, 1, 8, 8)
                        .conv("c", 1, 4, 3, NONE)
                        .head(4)
                        .metadata("architecture", "little")
                        .metadata("mean", "0.25")
                        .metadata("std", "0.5")
                        .write(folder.resolve("said.onnx"));
        Classifier classifier = ClassifierReader.read(file, null, null, null);
        assertThat(classifier.normalization())
                .isEqualTo(new Normalization(List.of(0.25), List.of(0.5)));
        assertThat(classifier.architecture().name()).isEqualTo("little");
        assertThat(Agreement.read(file).normalization().mean()).containsExactly(0.0);
        assertThatThrownBy(() -> ClassifierReader.read(file, "resnet20", null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("omit --arch");
        assertThatThrownBy(() -> ClassifierReader.read(file, null, null, 16))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes images of 8 x 8, not of 16 x 16");
    }

    @Test
    void anOpenSizeIsAskedFor() {
        Path file =
                OnnxFiles.of(13, 0, 3, 0, 0)
                        .conv("c", 3, 4, 3, NONE)
                        .head(4)
                        .write(folder.resolve("open.onnx"));
        assertThat(ClassifierReader.read(file, null, null, 16).input())
                .isEqualTo(new ImageSize(16, 16, 3));
        assertThatThrownBy(() -> Agreement.read(file)).hasMessageContaining("use --input-size");
    }
}

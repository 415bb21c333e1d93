package org.naturalinversion.model.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.tuple;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.app.Backends;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.AveragePool;
import org.naturalinversion.graph.op.ChannelScale;
import org.naturalinversion.graph.op.ChannelShuffle;
import org.naturalinversion.graph.op.Concat;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.graph.op.GlobalAveragePool;
import org.naturalinversion.graph.op.L2Norm;
import org.naturalinversion.graph.op.MaxPool;
import org.naturalinversion.graph.op.Multiply;
import org.naturalinversion.graph.op.Pad;
import org.naturalinversion.graph.op.Permute;
import org.naturalinversion.graph.op.Reshape;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.graph.op.UpsampleNearest;
import org.naturalinversion.metric.Evaluator;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.model.zoo.ResNetCifar;
import org.naturalinversion.model.zoo.Zoo;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** What is written computes in ONNX Runtime what it computes here. */
class OnnxWriterTest {
    private static final int CLASSES = 5;
    private static final int IMAGES = 3;
    private static final ImageSize IMAGE = new ImageSize(9, 6, 4);
    private static final Window PLAIN = Window.square(3, 2, 1);

    private static Engine engine;

    @TempDir private Path folder;

    @BeforeAll
    static void open() {
        engine = Backends.open("cpu", 0);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    static List<String> zoo() {
        return Zoo.names();
    }

    @ParameterizedTest
    @MethodSource("zoo")
    void theZooIsTheSameInOnnxRuntime(String name) {
        assertSame(RandomNetworks.random(Zoo.find(name, CLASSES, Zoo.input(name))), 1);
    }

    @Test
    void aTrainedNetworkIsTheSameInOnnxRuntime() throws URISyntaxException {
        Path weights =
                Path.of(OnnxWriterTest.class.getResource("/models/resnet20-12fca82f.th").toURI());
        assertSame(ClassifierReader.read(weights, "resnet20-cifar", null, null), 5);
    }

    // ---- networks of single operations -----------------------------------------------------

    /** A network under a name, for the report. */
    record Case(String name, BiFunction<Layers, Value, Value> build) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> layers() {
        return Stream.of(
                map("window", conv(6, new Window(3, 2, 2, 1, 0, 1, 2, 0, 1, 2), 1, false)),
                map("groups and bias", conv(8, Window.square(3, 1, 1), 2, false)),
                map("depthwise", conv(4, Window.square(3, 1, 1), 4, false)),
                map("transposed", conv(6, Window.square(4, 2, 1), 1, true)),
                map("transposed groups", conv(6, Window.square(3, 2, 1), 2, true)),
                map("all in one", OnnxWriterTest::allInOne),
                map("before BN", (l, x) -> l.batchNorm("bn", l.relu(x))),
                map("BN of two readers", OnnxWriterTest::readTwice),
                map("shared", OnnxWriterTest::shared),
                flat("BN of a vector", OnnxWriterTest::vectorNorm),
                map("numbers of each channel", OnnxWriterTest::channelNumbers));
    }

    static Stream<Case> pools() {
        Window even = new Window(3, 2, 2, 2, 1, 0, 0, 1, 1, 1);
        return Stream.of(
                map("max", op(new MaxPool(PLAIN, false))),
                map("max, ceil", op(new MaxPool(Window.square(2, 2, 0), true))),
                map("max, ceil and stride", op(new MaxPool(Window.square(3, 3, 1), true))),
                map(
                        "max, dilated",
                        op(new MaxPool(new Window(2, 2, 1, 1, 0, 0, 0, 0, 2, 3), false))),
                map("average", op(new AveragePool(even, false, false))),
                map("average, padding", op(new AveragePool(even, false, true))),
                map("average, ceil", op(new AveragePool(Window.square(2, 2, 0), true, false))),
                map("average, all", op(new AveragePool(Window.square(4, 3, 1), true, true))));
    }

    static Stream<Case> moves() {
        return Stream.of(
                map("slice", OnnxWriterTest::slice),
                map("pad", op(new Pad(List.of(0, 1, 2, 3), List.of(0, 3, 0, 1)))),
                map("concat of rows", (l, x) -> l.graph().apply(new Concat(1), x, x)),
                map("concat of channels", (l, x) -> l.graph().apply(new Concat(3), x, l.relu(x))),
                map("permute", op(new Permute(List.of(0, 2, 3, 1)))),
                map("multiply", (l, x) -> l.graph().apply(new Multiply(), x, l.relu(x))),
                map("shuffle", op(new ChannelShuffle(2))),
                map("upsample", op(new UpsampleNearest(18, 18))),
                map("scale", OnnxWriterTest::scale),
                map("other map", reshape(3, 18, 4)),
                map("map of one pixel", reshape(1, 1, 216)),
                map("map of one channel", reshape(12, 18, 1)),
                flat("flattened", (l, x) -> x),
                flat("flattened and dealt", op(new ChannelShuffle(9 * 6))),
                flat("flattened and dealt otherwise", op(new ChannelShuffle(4))),
                flat("flattened twice", (l, x) -> l.graph().apply(new Concat(1), x, l.relu(x))),
                map("by way of three axes", OnnxWriterTest::threeAxes));
    }

    @ParameterizedTest
    @MethodSource({"layers", "pools", "moves"})
    void everyOperationIsTheSameInOnnxRuntime(Case network) {
        assertSame(RandomNetworks.of(IMAGE, CLASSES, network.build()), IMAGES);
    }

    @ParameterizedTest
    @EnumSource(Activation.Kind.class)
    void everyActivationIsTheSameInOnnxRuntime(Activation.Kind kind) {
        double slope = kind == Activation.Kind.LEAKY_RELU ? 0.2 : 0;
        Activate activate = new Activate(new Activation(kind, slope));
        // Numbers on both sides of all corners.
        assertSame(
                RandomNetworks.of(
                        IMAGE,
                        CLASSES,
                        (l, x) -> {
                            Value y = l.graph().apply(Conv2d.of(1, 1, 0, false), x, wide(l));
                            return classify(l, l.graph().apply(activate, y));
                        }),
                IMAGES);
    }

    /** A scale and a shift that are no BatchNorm's, as an imported network may have them. */
    private static Value channelNumbers(Layers l, Value x) {
        Shape c = Shape.of(4);
        Value scale = l.graph().constant("scale", HostTensor.of(c, 2f, -0.5f, 1f, 3f));
        Value shift = l.graph().constant("shift", HostTensor.of(c, 0.5f, 0f, -1f, 2f));
        Value center = l.graph().constant("center", HostTensor.of(c, 0f, 0f, 0f, 0f));
        return l.graph().apply(FrozenBatchNorm.plain(), x, scale, shift, center);
    }

    private static Value wide(Layers l) {
        float[] weights = new float[16];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = i % 7 - 2.5f;
        }
        return l.graph().constant("wide", HostTensor.of(Shape.of(4, 4, 1, 1), weights));
    }

    // ---- what else a file says -------------------------------------------------------------

    @Test
    void weightsKeepTheirNamesAndNumbers() {
        Classifier classifier =
                RandomNetworks.random(new ResNetCifar(8, 10, new ImageSize(32, 32, 3)));

        var graph = OnnxWriter.model(classifier, false).getGraph();

        var written =
                graph.getInitializerList().stream()
                        .filter(t -> t.getDataType() == TensorProto.DataType.FLOAT.getNumber())
                        .collect(
                                Collectors.toMap(
                                        TensorProto::getName,
                                        t ->
                                                new HostTensor(
                                                        DType.F32,
                                                        shape(t),
                                                        t.getRawData().asReadOnlyByteBuffer())));
        assertThat(written).isEqualTo(classifier.weights());
        assertThat(graph.getNodeList())
                .extracting(NodeProto::getName)
                .contains("conv1", "layer2.0.bn1", "linear");
    }

    private static Shape shape(TensorProto tensor) {
        return Shape.of(tensor.getDimsList().stream().mapToLong(Long::longValue).toArray());
    }

    @Test
    void theFileSaysWhatTheNetworkTakesAndGives() {
        Classifier classifier =
                RandomNetworks.random(new ResNetCifar(8, 7, new ImageSize(28, 20, 1)));

        ModelProto model = OnnxWriter.model(classifier, false);

        assertThat(model.getMetadataPropsList())
                .extracting(StringStringEntryProto::getKey, StringStringEntryProto::getValue)
                .containsExactly(
                        tuple("architecture", "resnet8-cifar"),
                        tuple("classes", "7"),
                        tuple("input", "1x28x20"),
                        tuple("mean", "0.0"),
                        tuple("std", "1.0"));
        var input = model.getGraph().getInput(0);
        var extents = input.getType().getTensorType().getShape().getDimList();
        assertThat(input.getName()).isEqualTo("image");
        assertThat(extents.get(0).getDimParam()).isEqualTo("batch");
        assertThat(IntStream.range(1, 4).mapToObj(i -> extents.get(i).getDimValue()))
                .containsExactly(1L, 28L, 20L);
        assertThat(model.getGraph().getOutput(0).getName()).isEqualTo("logits");
    }

    @Test
    void foldedNetworksHaveNoBatchNormBehindConvolutions() throws IOException {
        Classifier classifier =
                RandomNetworks.random(new ResNetCifar(8, 10, new ImageSize(32, 32, 3)));
        Path kept = folder.resolve("kept.onnx");
        Path folded = folder.resolve("folded.onnx");

        OnnxWriter.Written first = OnnxWriter.write(kept, classifier, false);
        OnnxWriter.Written second = OnnxWriter.write(folded, classifier, true);

        assertThat(first.batchNormsKept()).isEqualTo(7);
        assertThat(first.batchNormsFolded()).isZero();
        assertThat(second.batchNormsKept()).isZero();
        assertThat(second.batchNormsFolded()).isEqualTo(7);
        assertThat(second.nodes()).isEqualTo(first.nodes() - 7);
        ModelProto read = ModelProto.parseFrom(Files.readAllBytes(folded));
        assertThat(read.getGraph().getNodeList())
                .hasSize(second.nodes())
                .extracting(NodeProto::getOpType)
                .doesNotContain("BatchNormalization");
    }

    @Test
    void flattenedMapsAreInTheOrderOfPyTorch() {
        Case plain = map("", (l, x) -> x);
        Case dealt = flat("", op(new ChannelShuffle(9 * 6)));

        for (Case network : List.of(plain, dealt)) {
            Classifier classifier = RandomNetworks.of(IMAGE, CLASSES, network.build());
            assertThat(OnnxWriter.model(classifier, false).getGraph().getNodeList())
                    .extracting(NodeProto::getOpType)
                    .containsExactly("Flatten", "Gemm");
        }
    }

    @Test
    void theSameClassifierGivesTheSameBytes() throws IOException {
        for (String name : List.of("a", "b")) {
            OnnxWriter.write(
                    folder.resolve(name),
                    RandomNetworks.random(new ResNetCifar(8, 10, new ImageSize(32, 32, 3))),
                    true);
        }
        assertThat(folder.resolve("a")).hasSameBinaryContentAs(folder.resolve("b"));
    }

    @Test
    void whatHasNoOnnxFormIsNamedAndNothingIsWritten() {
        Path file = folder.resolve("none.onnx");
        Classifier norm = RandomNetworks.of(IMAGE, 1, (l, x) -> l.graph().apply(new L2Norm(), x));
        Classifier odd =
                RandomNetworks.of(IMAGE, CLASSES, map("", op(new UpsampleNearest(10, 6))).build());
        Classifier indices =
                RandomNetworks.of(
                        IMAGE,
                        1,
                        (l, x) -> l.graph().applyAll(new MaxPool(PLAIN, false), List.of(x)).get(1));

        assertThatThrownBy(() -> OnnxWriter.write(file, norm, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("L2Norm#1 has no ONNX form");
        assertThatThrownBy(() -> OnnxWriter.write(file, odd, false))
                .hasMessageContaining("no whole multiple");
        assertThatThrownBy(() -> OnnxWriter.write(file, indices, false))
                .hasMessageContaining("MaxPool#1: that output has no ONNX form");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatNoProtobufMessageCanHoldIsRefused() {
        OnnxWriter.requireFit(2_000_000_000L);
        assertThatThrownBy(() -> OnnxWriter.requireFit(Integer.MAX_VALUE))
                .hasMessageContaining("2,147,483,647 bytes")
                .hasMessageContaining("safetensors has no such limit");
    }

    // ---- helpers ---------------------------------------------------------------------------

    /** Writes the network both ways and asks ONNX Runtime what it makes of random images. */
    private void assertSame(Classifier classifier, int count) {
        HostTensor images = RandomNetworks.images(count, classifier.input());
        float[] here;
        try (Evaluator evaluator = new Evaluator(engine, classifier, count)) {
            here = evaluator.logits(images).toFloats();
        }
        double largest = 0;
        for (float logit : here) {
            largest = Math.max(largest, Math.abs(logit));
        }
        assertThat(largest).isPositive().isFinite();
        for (boolean fold : List.of(false, true)) {
            Path file = folder.resolve("network.onnx");
            OnnxWriter.write(file, classifier, fold);
            assertThat(OnnxRuntime.logits(file, images))
                    .as(fold ? "folded" : "kept")
                    .containsExactly(here, offset((float) (1e-4 * largest)));
        }
    }

    /** A network that ends with a feature map made by a function. */
    private static Case map(String name, BiFunction<Layers, Value, Value> build) {
        return new Case(name, (l, x) -> classify(l, build.apply(l, x)));
    }

    /** A network that begins with a flattened map. */
    private static Case flat(String name, BiFunction<Layers, Value, Value> build) {
        return new Case(
                name,
                (l, x) -> {
                    Value flat =
                            l.graph().apply(new Reshape(Shape.of(x.shape().get(0), 9 * 6 * 4)), x);
                    return l.linear("linear", build.apply(l, flat), CLASSES);
                });
    }

    private static Value classify(Layers l, Value map) {
        long batch = map.shape().get(0);
        Shape flat = Shape.of(batch, map.shape().elements() / batch);
        return l.linear("linear", l.graph().apply(new Reshape(flat), map), CLASSES);
    }

    private static BiFunction<Layers, Value, Value> op(Op op) {
        return (l, x) -> l.graph().first(op, x);
    }

    private static BiFunction<Layers, Value, Value> reshape(long h, long w, long c) {
        return (l, x) -> l.graph().apply(new Reshape(Shape.of(x.shape().get(0), h, w, c)), x);
    }

    /** A convolution with bias, and a BatchNorm layer behind it. */
    private static BiFunction<Layers, Value, Value> conv(
            int outputs, Window window, int groups, boolean transposed) {
        Conv2d conv = new Conv2d(window, groups, transposed, true, false, Activation.IDENTITY);
        return (l, x) ->
                l.batchNorm(
                        "bn",
                        l.graph()
                                .apply(
                                        conv,
                                        x,
                                        RandomNetworks.constant(
                                                l,
                                                "conv.weight",
                                                outputs,
                                                x.shape().channels() / groups,
                                                window.kernelHeight(),
                                                window.kernelWidth()),
                                        RandomNetworks.constant(l, "conv.bias", outputs)));
    }

    /** Residuals and activations that are settings of a layer. */
    private static Value allInOne(Layers l, Value x) {
        Conv2d conv =
                new Conv2d(
                        Window.square(3, 1, 1), 1, false, false, true, Activation.leakyRelu(0.2));
        Value y =
                l.graph().apply(conv, x, RandomNetworks.constant(l, "conv.weight", 4, 4, 3, 3), x);
        List<Value> parameters =
                Stream.of("weight", "bias", "running_mean", "running_var")
                        .map(name -> RandomNetworks.constant(l, "bn." + name, 4))
                        .toList();
        List<Value> folded = l.graph().applyAll(new FoldBatchNorm(0.01), parameters);
        return l.graph()
                .apply(
                        new FrozenBatchNorm(Activation.RELU6, true, false),
                        y,
                        folded.get(0),
                        folded.get(1),
                        parameters.get(2),
                        x);
    }

    /** A convolution that a BatchNorm layer and somebody else read. */
    private static Value readTwice(Layers l, Value x) {
        Value y = l.conv("conv", x, 4, 3, 1);
        return l.graph().apply(new Add(), y, l.batchNorm("bn", y));
    }

    /** Weights that are used twice, with another BatchNorm layer behind them each time. */
    private static Value shared(Layers l, Value x) {
        Value w = RandomNetworks.constant(l, "conv.weight", 4, 4, 3, 3);
        Conv2d conv = Conv2d.of(3, 1, 1, false);
        Value y = l.batchNorm("bn1", l.graph().apply(conv, x, w));
        return l.batchNorm("bn2", l.graph().apply(conv, y, w));
    }

    private static Value vectorNorm(Layers l, Value x) {
        return l.relu(l.batchNorm("bn2", l.linear("hidden", l.batchNorm("bn1", x), 8)));
    }

    private static Value slice(Layers l, Value x) {
        int batch = x.shape().dim(0);
        Slice slice = new Slice(List.of(0, 1, 0, 1), List.of(batch, 8, 6, 4), List.of(1, 3, 2, 2));
        return l.graph().apply(slice, x);
    }

    /** Squeeze and excitation. */
    private static Value scale(Layers l, Value x) {
        Value mean = l.graph().apply(new GlobalAveragePool(), x);
        Value weights = l.graph().apply(new Activate(Activation.SIGMOID), l.linear("fc", mean, 4));
        return l.graph().apply(new ChannelScale(), x, weights);
    }

    private static Value threeAxes(Layers l, Value x) {
        long batch = x.shape().get(0);
        Value rows = l.graph().apply(new Reshape(Shape.of(batch, 54, 4)), x);
        return l.graph().apply(new Reshape(Shape.of(batch, 6, 9, 4)), l.relu(rows));
    }
}

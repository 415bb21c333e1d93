package org.naturalinversion.model.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.io.ModelFileException;

/** Files that are not read, or not as they ask to be. */
class OnnxRefusalsTest {
    @TempDir private Path folder;

    private static OnnxFiles start() {
        return OnnxFiles.of(13, 0, 3, 8, 8).conv("c", 3, 4, 3, Map.of());
    }

    private ThrowingCallable reading(OnnxFiles files) {
        return reading(files.build());
    }

    private ThrowingCallable reading(ModelProto model) {
        Path file = OnnxFiles.write(folder.resolve("model.onnx"), model);
        return () -> Agreement.read(file);
    }

    private void assertRefused(ThrowingCallable reading, String... says) {
        assertThatThrownBy(reading)
                .isInstanceOf(ModelFileException.class)
                .hasMessageStartingWith(folder.resolve("model.onnx") + ": ")
                .hasMessageContainingAll(says);
    }

    @Test
    void anUnknownOperatorIsNamedWithItsNodeAndWhatIsSupported() {
        assertRefused(
                reading(start().node("Erf").head(4)),
                "Erf '/erf1'",
                "not supported",
                "Add, AveragePool, BatchNormalization, ",
                "Unsqueeze");
    }

    @Test
    void whatNobodyReadsIsNotLookedAt() {
        OnnxFiles files = start();
        String x = files.last();
        files.node("Erf").from(x).head(4);
        Path file = files.write(folder.resolve("unread.onnx"));
        assertThat(Agreement.read(file).classes()).isEqualTo(5);
    }

    @Test
    void aCycleIsRefused() {
        ModelProto.Builder model = start().node("Relu").head(4).build().toBuilder();
        NodeProto.Builder relu = model.getGraphBuilder().getNodeBuilder(1);
        NodeProto.Builder again = model.getGraphBuilder().getNodeBuilder(2);
        relu.setInput(0, again.getOutput(0));
        assertRefused(reading(model.build()), "Relu '/relu1'", "the graph has a cycle");
    }

    @Test
    void hugeShapesAreRefusedBeforeAnythingIsAllocated() {
        OnnxFiles shape = start();
        String x = shape.last();
        String huge =
                shape.nodeOf("ConstantOfShape", Map.of(), shape.integers("s", 1000000, 1000000))
                        .last();
        assertRefused(reading(shape.from(x).node("Add", huge).head(4)), "too large");
        TensorProto tensor =
                OnnxFiles.tensor(TensorProto.DataType.FLOAT, 1000000, 1000000)
                        .setRawData(ByteString.EMPTY)
                        .build();
        OnnxFiles weight = start();
        assertRefused(
                reading(weight.node("Add", weight.tensor("w", tensor)).head(4)),
                "'w' is too large");
        assertRefused(reading(OnnxFiles.of(13, 1, 3, 1000000, 1000000).head(3)), "too large");
        OnnxFiles range = start();
        String y = range.last();
        String numbers =
                range.nodeOf(
                                "Range",
                                Map.of(),
                                range.integer("a", 0),
                                range.integer("b", 1L << 30),
                                range.integer("d", 1))
                        .last();
        assertRefused(reading(range.from(y).node("Add", numbers).head(4)), "four times its own");
    }

    @Test
    void aTensorOfAnotherSizeIsRefused() {
        TensorProto.Builder tensor = OnnxFiles.floats(new long[] {4, 1, 1}, 1, 2, 3, 4).toBuilder();
        OnnxFiles files = start();
        files.node("Add", files.tensor("w", tensor.setDims(0, 5).build()));
        assertRefused(reading(files.head(4)), "'w' has 16 bytes, its shape [5, 1, 1] needs 20");
    }

    @Test
    void anOldOpsetASecondInputAndBatchesThatMixAreRefused() {
        assertRefused(reading(OnnxFiles.of(7, 0, 3, 8, 8).head(3)), "opset 7");
        OnnxFiles mixing = start();
        assertRefused(
                reading(mixing.node("Reshape", mixing.integers("s", 4, -1, 6, 6)).head(4)),
                "Reshape");
        OnnxFiles none = start();
        assertRefused(
                reading(none.nodeOf("Add", Map.of(), "nowhere", none.last()).head(4)),
                "'nowhere', which no node produces");
    }

    @Test
    void onlyTheLastNodeMayBeASoftmax() {
        assertRefused(
                reading(start().head(4).node("Softmax").node("Relu")),
                "a Softmax is only supported as the last");
    }

    @Test
    void weightsLieInFilesBesideTheModel() throws IOException {
        Files.createDirectories(folder.resolve("weights"));
        byte[] bytes = new byte[24];
        Arrays.fill(bytes, (byte) 0x3e);
        Files.write(folder.resolve("weights/data.bin"), bytes);
        Path file = OnnxFiles.write(folder.resolve("model.onnx"), external("weights/data.bin", 8));
        Classifier classifier = Agreement.read(file);
        assertThat(classifier.weights().values())
                .anySatisfy(
                        t ->
                                assertThat(t.toFloats())
                                        .hasSize(4)
                                        .containsOnly(Float.intBitsToFloat(0x3e3e3e3e)));
        for (long offset : new long[] {12, -4, Long.MAX_VALUE}) {
            assertThatThrownBy(reading(external("weights/data.bin", offset)))
                    .isInstanceOf(ModelFileException.class)
                    .hasMessageContaining("data.bin: is damaged or cut short: the tensor 'b'")
                    .hasMessageContaining("needs 16 bytes at byte %d", offset);
        }
    }

    @Test
    void weightsOutsideOfTheFolderAreNotRead() throws IOException {
        Path inner = Files.createDirectories(folder.resolve("inner"));
        Files.write(folder.resolve("secret.bin"), new byte[64]);
        Files.createSymbolicLink(inner.resolve("link.bin"), folder.resolve("secret.bin"));
        for (String location :
                List.of(
                        "../secret.bin",
                        "link.bin",
                        folder.resolve("secret.bin").toString(),
                        "",
                        "x/../../secret.bin")) {
            Path file = OnnxFiles.write(inner.resolve("model.onnx"), external(location, 0));
            assertThatThrownBy(() -> Agreement.read(file))
                    .isInstanceOf(ModelFileException.class)
                    .hasMessageContaining("outside of the model's folder");
        }
        assertRefused(reading(external("absent.bin", 0)), "'absent.bin', which is not next to");
    }

    private static ModelProto external(String location, long offset) {
        TensorProto bias =
                OnnxFiles.tensor(TensorProto.DataType.FLOAT, 4)
                        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                        .addExternalData(entry("location", location))
                        .addExternalData(entry("offset", "" + offset))
                        .addExternalData(entry("length", "16"))
                        .build();
        OnnxFiles files = OnnxFiles.of(13, 0, 3, 8, 8);
        files.node("Conv", files.weight("w", 4, 3, 3, 3), files.tensor("b", bias));
        return files.head(4).build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    @Test
    void aDamagedFileSaysSo() throws IOException {
        byte[] good = start().head(4).build().toByteArray();
        Path file = folder.resolve("model.onnx");
        Files.write(file, Arrays.copyOf(good, good.length / 2));
        assertRefused(() -> Agreement.read(file), "is damaged");
        // Two bytes for each message: nodes without content.
        ModelProto.Builder many = start().head(4).build().toBuilder();
        for (int i = 0; i < 200_000; i++) {
            many.getGraphBuilder().addNode(NodeProto.getDefaultInstance());
        }
        assertRefused(reading(many.build()), "four times its own");
    }

    @Test
    void weightsThatAreNotFiniteAreRefused() {
        OnnxFiles files = start();
        files.node("Div", files.tensor("w", OnnxFiles.floats(new long[] {4, 1, 1}, 1, 0, 2, 3)));
        assertRefused(reading(files.head(4)), "NaN or infinite");
    }
}

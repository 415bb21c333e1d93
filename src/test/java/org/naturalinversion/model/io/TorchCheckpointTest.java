package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.naturalinversion.model.io.PickleWriter.pickle;
import static org.naturalinversion.model.io.TorchFiles.floats;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

class TorchCheckpointTest {
    @TempDir Path folder;

    /** One of the files made by {@code make_fixtures.py}. */
    static Path fixture(String name) {
        try {
            return Path.of(TorchCheckpointTest.class.getResource("/io/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tensors-zip.pt", "tensors-legacy.pth", "tensors-protocol4.pt"})
    void readsTensorsThatPyTorchWrote(String name) {
        Map<String, HostTensor> tensors = TorchCheckpoint.read(fixture(name)).tensors();

        assertThat(tensors.keySet())
                .containsExactly(
                        "float32",
                        "float64",
                        "float16",
                        "bfloat16",
                        "int64",
                        "int32",
                        "int16",
                        "int8",
                        "uint8",
                        "bool",
                        "scalar",
                        "empty",
                        "parameter",
                        "transposed",
                        "shared",
                        "column",
                        "every second",
                        "expanded",
                        "channels last");
        assertValues(tensors.get("float32"), DType.F32, Shape.of(3), 0, 1, 5);
        assertValues(tensors.get("float64"), DType.F64, Shape.of(3), 0, 1, 5);
        assertValues(tensors.get("float16"), DType.F16, Shape.of(3), 0, 1, 5);
        assertValues(tensors.get("bfloat16"), DType.BF16, Shape.of(3), 0, 1, 5);
        assertValues(tensors.get("int64"), DType.I64, Shape.of(3), 0, 1, 5);
        assertValues(tensors.get("int32"), DType.I32, Shape.of(3), 0, 1, 5);
        assertValues(tensors.get("int16"), DType.I16, Shape.of(3), 0, 1, 5);
        assertValues(tensors.get("int8"), DType.I8, Shape.of(3), 0, 1, 5);
        assertValues(tensors.get("uint8"), DType.U8, Shape.of(3), 0, 1, 5);
        assertValues(tensors.get("bool"), DType.BOOL, Shape.of(3), 0, 1, 1);
        assertValues(tensors.get("scalar"), DType.I64, Shape.SCALAR, 7);
        assertValues(tensors.get("empty"), DType.F32, Shape.of(0, 3));
        assertValues(tensors.get("parameter"), DType.F32, Shape.of(2, 2), 0, 1, 2, 3);
        assertValues(tensors.get("transposed"), DType.F32, Shape.of(3, 2), 0, 3, 1, 4, 2, 5);
        assertValues(tensors.get("shared"), DType.F32, Shape.of(2, 3), 0, 1, 2, 3, 4, 5);
        assertValues(tensors.get("column"), DType.F32, Shape.of(2), 1, 4);
        assertValues(tensors.get("every second"), DType.F32, Shape.of(4), 1, 3, 5, 7);
        assertValues(tensors.get("expanded"), DType.F32, Shape.of(2, 2), 3, 3, 3, 3);
        assertValues(
                tensors.get("channels last"),
                DType.F32,
                Shape.of(1, 2, 2, 3),
                0,
                1,
                2,
                3,
                4,
                5,
                6,
                7,
                8,
                9,
                10,
                11);
    }

    @ParameterizedTest
    @ValueSource(strings = {"training-zip.pt", "training-legacy.pth"})
    void findsTheStateDictOfATrainingRun(String name) {
        Weights weights = TorchCheckpoint.read(fixture(name));

        assertThat(weights.metadata())
                .containsExactly(Map.entry("arch", "tiny"), Map.entry("epoch", "200"));
        assertThat(weights.tensors().keySet())
                .containsExactly(
                        "0.weight",
                        "0.bias",
                        "1.weight",
                        "1.bias",
                        "1.running_mean",
                        "1.running_var",
                        "1.num_batches_tracked");
        assertValues(weights.tensors().get("0.weight"), DType.F32, Shape.of(2, 1, 1, 1), 0, 1);
        assertValues(weights.tensors().get("1.num_batches_tracked"), DType.I64, Shape.SCALAR, 1);
    }

    @Test
    void refusesAWholeModelThatPyTorchWrote() {
        assertRefused(
                fixture("module.pt"),
                "contains an object of class torch.nn.modules.linear.Linear, but only tensors in"
                        + " dicts are read; nothing was run. Save model.state_dict() instead of"
                        + " the model");
    }

    private static void assertValues(HostTensor tensor, DType dtype, Shape shape, float... values) {
        assertThat(tensor.dtype()).isEqualTo(dtype);
        assertThat(tensor.shape()).isEqualTo(shape);
        assertThat(tensor.toFloats()).containsExactly(values);
    }

    /** Had any of it run, a file would be there. */
    @ParameterizedTest
    @ValueSource(strings = {"os.system", "posix.system", "builtins.eval", "subprocess.check_call"})
    void runsNothing(String function) throws IOException {
        Path proof = folder.resolve("proof");
        String module = function.substring(0, function.indexOf('.'));
        String name = function.substring(function.indexOf('.') + 1);
        String touch = "touch " + proof;
        byte[] reduce = pickle().global(module, name).text(touch).op(0x85).op("R").stop();
        byte[] stackGlobal =
                pickle().text(module).text(name).op(0x93).text(touch).op(0x85).op("R").stop();
        byte[] inst = pickle().op("(").text(touch).op("i" + module + "\n" + name + "\n").stop();
        byte[] newObject = pickle().global(module, name).text(touch).op(0x85, 0x81).stop();

        for (byte[] evil : new byte[][] {reduce, stackGlobal, inst, newObject}) {
            for (byte[] file : new byte[][] {evil, TorchFiles.zip(evil), TorchFiles.legacy(evil)}) {
                assertRefused(
                        write(file),
                        "asks to run %s, which a checkpoint of tensors never needs; nothing was run"
                                .formatted(function));
            }
        }
        assertThat(proof).doesNotExist();
    }

    static Stream<Arguments> names() {
        return Stream.of(
                Arguments.of(
                        "models.resnet", "ResNet", "contains an object of class models.resnet.R"),
                Arguments.of("subprocess", "Popen", "contains an object of class subprocess.Popen"),
                Arguments.of("torch", "load", "needs torch.load, but only dense tensors"),
                Arguments.of("torch._utils", "_rebuild_qtensor", "needs torch._utils._rebuild_qte"),
                Arguments.of(
                        "torch", "ComplexFloatStorage", "tensors of torch.ComplexFloatStorage"),
                Arguments.of("numpy", "load", "asks to run numpy.load"),
                Arguments.of("a\u0007b", "c", "asks to run a\\u0007b.c"),
                Arguments.of("x".repeat(500), "y", "asks to run " + "x".repeat(77) + "..., which"));
    }

    @ParameterizedTest(name = "{0}.{1}")
    @MethodSource("names")
    void refusesEveryOtherName(String module, String name, String complaint) throws IOException {
        assertRefused(write(TorchFiles.zip(pickle().global(module, name).stop())), complaint);
    }

    @Test
    void passesOverWhatNumPyWrites() throws IOException {
        byte[] pickle =
                pickle().op("}(")
                        .text("best")
                        .global("numpy._core.multiarray", "scalar")
                        .global("numpy", "dtype")
                        .text("f8")
                        .op(0x89, 0x88, 0x87)
                        .op("R(K\3")
                        .text("<")
                        .op("NNNtb")
                        .global("_codecs", "encode")
                        .text("\0\0\0\0\0\0\u00f8?")
                        .text("latin1")
                        .op(0x86)
                        .op("R")
                        .op(0x86)
                        .op("R")
                        .entry("w", "FloatStorage", "0", 1, 1)
                        .op("u")
                        .stop();

        Weights weights = TorchCheckpoint.read(write(TorchFiles.zip(pickle, floats(2))));

        assertThat(weights.tensors()).containsOnlyKeys("w");
        assertThat(weights.metadata()).isEmpty();
    }

    static Stream<Arguments> homes() {
        return Stream.of(
                Arguments.of("the root", "w: 1"),
                Arguments.of("state_dict", "state_dict: {w: 1}"),
                Arguments.of("model_state_dict", "epoch: 3 model_state_dict: {w: 1}"),
                Arguments.of("model", "model: {w: 1}"),
                Arguments.of("net", "net: {w: 1} acc: 2"),
                Arguments.of("a nested one", "model: {state_dict: {w: 1} optimizer: {v: 2}}"),
                Arguments.of("state_dict before model", "model: {w: 2} state_dict: {w: 1}"),
                Arguments.of("model before its average", "ema: {w: 2} model: {w: 1}"),
                Arguments.of("the average alone", "ema: {w: 1} optimizer: {w: 2}"),
                Arguments.of("one with tensors", "state_dict: {} model: {w: 1}"),
                Arguments.of("one with a tensor beside it", "best: 2 state_dict: {w: 1}"),
                Arguments.of("without a prefix", "module.w: 1"),
                Arguments.of("without two prefixes", "_orig_mod.module.w: 1"));
    }

    /** The state dict is the dict that has 1 as its only tensor, w. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("homes")
    void findsTheStateDict(String home, String layout) throws IOException {
        PickleWriter pickle = pickle().op("}(");
        for (String word : layout.replace("}", " }").replace("{", "{ ").trim().split("\\s+", -1)) {
            if (word.endsWith(":")) {
                pickle.text(word.substring(0, word.length() - 1));
            } else if (word.equals("{")) {
                pickle.op("}(");
            } else if (word.equals("}")) {
                pickle.op("u");
            } else {
                long offset = Long.parseLong(word);
                pickle.tensor("FloatStorage", "0", 4, offset, new long[] {1}, new long[] {1});
            }
        }
        byte[] root = pickle.op("u").stop();

        for (byte[] file :
                new byte[][] {
                    TorchFiles.zip(root, floats(0, 1, 2, 3)),
                    TorchFiles.legacy(root, floats(0, 1, 2, 3))
                }) {
            Map<String, HostTensor> tensors = TorchCheckpoint.read(write(file)).tensors();
            assertThat(tensors).as(home).containsOnlyKeys("w");
            assertThat(tensors.get("w").toFloats()).containsExactly(1);
        }
    }

    @Test
    void keepsAPrefixThatNotAllNamesHave() throws IOException {
        byte[] pickle =
                pickle().op("}(")
                        .entry("module.a", "FloatStorage", "0", 1, 1)
                        .entry("b", "FloatStorage", "0", 1, 1)
                        .op("u")
                        .stop();

        Weights weights = TorchCheckpoint.read(write(TorchFiles.zip(pickle, floats(2))));

        assertThat(weights.tensors()).containsOnlyKeys("module.a", "b");
    }

    @Test
    void keepsTiedTensorsOne() throws IOException {
        byte[] pickle =
                pickle().op("}(")
                        .entry("a", "FloatStorage", "0", 1, 1)
                        .entry("b", "FloatStorage", "0", 1, 1)
                        .op("u")
                        .stop();

        Map<String, HostTensor> tensors =
                TorchCheckpoint.read(write(TorchFiles.zip(pickle, floats(2)))).tensors();

        assertThat(tensors.get("a")).isSameAs(tensors.get("b"));
    }

    @Test
    void readsTheByteOrderOfOtherMachines() throws IOException {
        byte[] pickle = pickle().op("}(").entry("w", "ShortStorage", "0", 2, 2).op("u").stop();
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("x/data.pkl", pickle);
        entries.put("x/byteorder", "big".getBytes(StandardCharsets.US_ASCII));
        entries.put("x/data/0", new byte[] {1, 2, 0, 3});

        HostTensor big = TorchCheckpoint.read(write(TorchFiles.stored(entries))).tensors().get("w");
        entries.put("x/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        HostTensor little =
                TorchCheckpoint.read(write(TorchFiles.stored(entries))).tensors().get("w");
        entries.put("x/byteorder", "middle".getBytes(StandardCharsets.US_ASCII));

        assertThat(big.toFloats()).containsExactly(0x102, 3);
        assertThat(little.toFloats()).containsExactly(0x201, 0x300);
        assertRefused(write(TorchFiles.stored(entries)), "has an unknown byte order");
    }

    @Test
    void readsTensorsOfUntypedStorages() throws IOException {
        byte[] pickle =
                pickle().op("}")
                        .text("w")
                        .global("torch._utils", "_rebuild_tensor_v3")
                        .op("((")
                        .text("storage")
                        .global("torch.storage", "UntypedStorage")
                        .text("0")
                        .text("cpu")
                        .integer(8)
                        .op("tQ")
                        .integer(1)
                        .tuple(1)
                        .tuple(1)
                        .op(0x89)
                        .op("}")
                        .global("torch", "float32")
                        .op("tRs")
                        .stop();

        HostTensor tensor =
                TorchCheckpoint.read(write(TorchFiles.zip(pickle, floats(3, 4))))
                        .tensors()
                        .get("w");

        assertValues(tensor, DType.F32, Shape.of(1), 4);
    }

    @Test
    void readsParametersAndTensorsWithAttributes() throws IOException {
        byte[] pickle =
                pickle().op("}(")
                        .text("parameter")
                        .global("torch._utils", "_rebuild_parameter")
                        .op("(")
                        .tensor("FloatStorage", "0", 1, 0, new long[] {1}, new long[] {1})
                        .op(0x88)
                        .op("}tR")
                        .text("with attributes")
                        .global("torch._tensor", "_rebuild_from_type_v2")
                        .op("(")
                        .global("torch._utils", "_rebuild_tensor_v2")
                        .global("torch", "Tensor")
                        .op("(")
                        .storage("FloatStorage", "0", 1)
                        .integer(0)
                        .tuple(1, 1)
                        .tuple(1, 1)
                        .op(0x89)
                        .op("}t}tRu")
                        .stop();

        Map<String, HostTensor> tensors =
                TorchCheckpoint.read(write(TorchFiles.zip(pickle, floats(5)))).tensors();

        assertValues(tensors.get("parameter"), DType.F32, Shape.of(1), 5);
        assertValues(tensors.get("with attributes"), DType.F32, Shape.of(1, 1), 5);
    }

    /**
     * Python 2 wrote an OrderedDict as a list of lists, and PyTorch of its day views of storages.
     */
    @Test
    void readsWhatPython2Wrote() throws IOException {
        byte[] pickle =
                pickle().global("collections", "OrderedDict")
                        .op("]](")
                        .op("U\1w")
                        .global("torch._utils", "_rebuild_tensor")
                        .op("((")
                        .op("U\7storage")
                        .global("torch.cuda", "FloatStorage")
                        .op("U\0010")
                        .op("U\6cuda:0")
                        .integer(4)
                        .op("(U\5view0")
                        .integer(1)
                        .integer(2)
                        .op("ttQ")
                        .integer(1)
                        .tuple(1)
                        .tuple(1)
                        .op("tRea")
                        .op(0x85)
                        .op("R")
                        .stop();

        HostTensor tensor =
                TorchCheckpoint.read(write(TorchFiles.legacy(pickle, floats(1, 2, 3, 4))))
                        .tensors()
                        .get("w");

        assertValues(tensor, DType.F32, Shape.of(1), 3);
    }

    static Stream<Arguments> badTensors() {
        long max = Long.MAX_VALUE;
        return Stream.of(
                tensor(
                        4,
                        0,
                        sizes(5),
                        sizes(1),
                        "F32 [5] from element 0 on, in a storage of only 4"),
                tensor(4, 1, sizes(4), sizes(1), "from element 1 on, in a storage of only 4"),
                tensor(4, 9, sizes(1), sizes(1), "from element 9 on"),
                tensor(4, max, sizes(2), sizes(1), "from element 9223372036854775807 on"),
                tensor(4, 0, sizes(2, 2), sizes(3, 1), "F32 [2, 2] from element 0 on"),
                tensor(4, 0, sizes(3), sizes(max), "extents out of range"),
                tensor(4, 0, sizes(2, 2), sizes(max, max), "extents out of range"),
                tensor(4, 0, sizes(max, max), sizes(0, 0), "extents out of range"),
                tensor(4, 0, sizes(max), sizes(0), "over 2 GiB"),
                tensor(4, 0, sizes(1 << 28), sizes(0), "more than four times its own"),
                tensor(4, -1, sizes(1), sizes(1), "a size expected, found a Long"),
                tensor(4, 0, sizes(-1), sizes(1), "a size expected"),
                tensor(4, 0, sizes(2), sizes(-1), "a size expected"),
                tensor(4, 0, sizes(2, 2), sizes(1), "tensor of 2 axes with strides for 1"),
                tensor(4, 0, new long[65], new long[65], "tensor of 65 axes"),
                tensor(5, 0, sizes(1), sizes(1), "has only 16 of the 20 bytes of storage '0'"),
                tensor(max, 0, sizes(1), sizes(1), "a storage in it 9223372036854775807 elements"),
                tensor(-1, 0, sizes(1), sizes(1), "a size expected"));
    }

    private static long[] sizes(long... sizes) {
        return sizes;
    }

    private static Arguments tensor(
            long elements, long offset, long[] extents, long[] strides, String complaint) {
        PickleWriter pickle = pickle().op("}").text("w");
        pickle.tensor("FloatStorage", "0", elements, offset, extents, strides);
        return Arguments.of(pickle.op("s").stop(), complaint);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("badTensors")
    void refusesTensorsThatReachBeyondTheirStorage(byte[] pickle, String complaint)
            throws IOException {
        assertRefused(write(TorchFiles.zip(pickle, floats(1, 2, 3, 4))), complaint);
    }

    static Stream<Arguments> badPickles() {
        return Stream.of(
                Arguments.of(pickle().op("}"), "has no dict of tensors"),
                Arguments.of(pickle().op("]"), "at the top is something else"),
                Arguments.of(
                        pickle().tensor("FloatStorage", "0", 1, 0, new long[0], new long[0]),
                        "at the top is a single tensor"),
                Arguments.of(
                        pickle().op("}(").text("epoch").op("K\1").text("x\n").op("}u"),
                        "at the top is a dict of ['epoch', 'x\\u000a']"),
                Arguments.of(
                        pickle().op("}q\0").text("model").op("h\0s").text("net").op("h\0s"),
                        "has no dict of tensors"),
                Arguments.of(pickle().op("K\1Q"), "outside its pickle that is not a storage"),
                Arguments.of(
                        pickle().op("(").text("module").op("NNNNtQ"),
                        "outside its pickle that is not a storage"),
                Arguments.of(
                        pickle().op("(").text("storage").op("NNNNtQ"),
                        "a StorageType expected, found nothing"),
                Arguments.of(
                        pickle().storage("FloatStorage", "0", 1).storage("FloatStorage", "0", 2),
                        "storage '0' twice, of 4 and of 8 bytes"),
                Arguments.of(
                        pickle().global("torch._utils", "_rebuild_tensor_v2").op(")R"),
                        "a Storage expected, found nothing"),
                Arguments.of(
                        pickle().global("torch._utils", "_rebuild_parameter").op("}").op(0x85, 'R'),
                        "a TensorView expected, found a Dict"),
                Arguments.of(
                        pickle().global("torch._tensor", "_rebuild_from_type_v2")
                                .op("q\0(h\0NN}tR"),
                        "a plain tensor expected"),
                Arguments.of(
                        pickle().global("collections", "OrderedDict").op("]Na").op(0x85, 'R'),
                        "a key and a value expected"),
                Arguments.of(
                        pickle().op("}(").entry("w", "FloatStorage", "no such", 1, 1).op("u"),
                        "'archive/data/no such'"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("badPickles")
    void refusesPicklesOfOtherThings(PickleWriter pickle, String complaint) throws IOException {
        assertRefused(write(TorchFiles.zip(pickle.stop(), floats(1))), complaint);
    }

    @Test
    void refusesALegacyFileThatIsNotWhatItSays() throws IOException {
        byte[] pickle = pickle().op("}(").entry("w", "FloatStorage", "0", 2, 2).op("u").stop();
        byte[] whole = TorchFiles.legacy(pickle, floats(1, 2));
        byte[] cut = new byte[whole.length - 1];
        System.arraycopy(whole, 0, cut, 0, cut.length);

        assertThat(TorchCheckpoint.read(write(whole)).tensors()).containsOnlyKeys("w");
        assertRefused(write(cut), "cut short: 8 bytes are needed");
        assertRefused(
                write(TorchFiles.legacy(pickle, floats(1))),
                "has 1 elements in storage '0', expected 2");
        assertRefused(write(TorchFiles.legacy(pickle)), "has only 0 of the 8 bytes of storage '0'");
        assertRefused(
                write(TorchFiles.legacy(pickle, floats(1, 2), floats(3))),
                "has a storage that no tensor refers to");
        assertRefused(
                write(pickle().big(BigInteger.TEN).stop()),
                "is a pickle, but not a checkpoint of torch.save");
        byte[] otherProtocol = whole.clone();
        otherProtocol[18]++;
        assertRefused(write(otherProtocol), "has an unknown protocol, expected 1001");
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("test.pth"), bytes);
    }

    private static void assertRefused(Path file, String complaint) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> TorchCheckpoint.read(file))
                .withMessageStartingWith(file + ": ")
                .withMessageContaining(complaint)
                .withMessageNotContaining("\n");
    }
}

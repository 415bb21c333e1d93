package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.naturalinversion.model.io.PickleWriter.pickle;
import static org.naturalinversion.model.io.TorchFiles.floats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.model.io.Weights.Format;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

class WeightsTest {
    @TempDir Path folder;

    static Stream<Arguments> formats() {
        byte[] pickle = pickle().op("}(").entry("w", "FloatStorage", "0", 1, 1).op("u").stop();
        String header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        int pickleLike = 0x280;
        return Stream.of(
                Arguments.of(Format.TORCH_ZIP, TorchFiles.zip(pickle, floats(3))),
                Arguments.of(Format.TORCH_LEGACY, TorchFiles.legacy(pickle, floats(3))),
                Arguments.of(Format.SAFETENSORS, TorchFiles.safetensors(header, floats(3))),
                Arguments.of(
                        Format.SAFETENSORS,
                        TorchFiles.safetensors(
                                header + " ".repeat(pickleLike - header.length()), floats(3))));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void tellsTheFormatFromTheContent(Format format, byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("weights.jpg"), bytes);

        Weights weights = Weights.read(file);

        assertThat(weights.format()).isEqualTo(format);
        assertThat(weights.file()).isEqualTo(file);
        assertThat(weights.tensors())
                .containsExactly(Map.entry("w", HostTensor.of(Shape.of(1), 3f)));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void refusesAFileCutAnywhere(Format format, byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("cut"), bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int length = bytes.length - 1; length > 0; length--) {
                channel.truncate(length);
                assertThatExceptionOfType(ModelFileException.class)
                        .as("%s of %d bytes", format, length)
                        .isThrownBy(() -> Weights.read(file));
            }
        }
    }

    static Stream<Arguments> others() {
        return Stream.of(
                Arguments.of("", "is empty, expected a file of weights"),
                Arguments.of(
                        "\u0089PNG",
                        "begins with the bytes 89 50 4e 47, expected safetensors, a PyTorch"),
                Arguments.of("\n <!DOCTYPE html>", "looks like a web page, expected"),
                Arguments.of(
                        "version https://git-lfs.github.com/spec/v1\n",
                        "is only the pointer to a file in Git LFS (git lfs pull fetches the file)"),
                Arguments.of("PK\3\4" + "\0".repeat(26), "is a damaged zip archive: its directory"),
                Arguments.of("\u0080\2}.", "is a pickle, but not a checkpoint of torch.save"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("others")
    void refusesOtherFiles(String content, String complaint) throws IOException {
        Path file = folder.resolve("other.pth");
        Files.write(file, content.getBytes(StandardCharsets.ISO_8859_1));

        assertRefused(file, complaint);
    }

    @Test
    void refusesAnArchiveOfOtherThings() throws IOException {
        Path file = folder.resolve("archive.npz");
        Files.write(file, TorchFiles.stored(Map.of("weight.npy", new byte[8])));

        assertRefused(file, "is a zip archive, but not a checkpoint of torch.save");
    }

    @Test
    void refusesWhatIsNoFile() {
        assertRefused(folder, "is a directory, expected a file of weights");
        assertRefused(folder.resolve("none.pth"), "no such file");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void refusesADevice() {
        assertRefused(Path.of("/dev/zero"), "is not a regular file, expected a file of weights");
    }

    private static void assertRefused(Path file, String complaint) {
        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> Weights.read(file))
                .withMessageStartingWith(file + ": ")
                .withMessageContaining(complaint);
    }

    @Test
    void acceptsFiniteValues() {
        Weights weights = weights(Map.of("a", HostTensor.of(Shape.of(2), 0f, -Float.MAX_VALUE)));

        assertThat(weights.requireFinite()).isSameAs(weights);
    }

    @Test
    void namesTensorsThatAreNotFinite() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        tensors.put("f32", HostTensor.of(Shape.of(3), Float.NaN, 1f, Float.NEGATIVE_INFINITY));
        tensors.put("good", HostTensor.of(Shape.of(1), 1f));
        tensors.put("i64", HostTensor.of(Shape.of(1), -1L));
        tensors.put("f16", tensor(DType.F16, 2, 0x00, 0x7c, 0xff, 0x7b));
        tensors.put("bf16", tensor(DType.BF16, 2, 0xc0, 0xff, 0x7f, 0x7f));
        tensors.put("f64", tensor(DType.F64, 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f));

        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> weights(tensors).requireFinite())
                .withMessage(
                        "x.pth: has values that are NaN or infinite in 4 of 6 tensors:"
                                + " 'f32' (2 of 3), 'f16' (1 of 2), 'bf16' (1 of 2), ...");
    }

    private static Weights weights(Map<String, HostTensor> tensors) {
        return new Weights(Path.of("x.pth"), Format.TORCH_ZIP, Map.of(), tensors);
    }

    private static HostTensor tensor(DType dtype, int elements, int... bytes) {
        ByteBuffer data = ByteBuffer.allocate(bytes.length);
        for (int b : bytes) {
            data.put((byte) b);
        }
        return new HostTensor(dtype, Shape.of(elements), data.flip());
    }
}

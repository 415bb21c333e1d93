package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

class SafetensorsTest {
    private static final byte[] EIGHT = {1, 2, 3, 4, 5, 6, 7, 8};

    @TempDir Path folder;

    @Test
    void readsTheFormatByItsBytes() throws IOException {
        Path file = folder.resolve("two.safetensors");
        Files.write(
                file,
                TorchFiles.safetensors(
                        "{\"__metadata__\":{\"arch\":\"tiny\"},"
                                + "\"b\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[8,9]},\"a\":{\"shape\":[2],\"data_offsets\":[0,8],\"dtype\":\"F32\"}}"
                                + "  ",
                        new byte[] {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0, 7}));

        Weights weights = Safetensors.read(file);

        assertThat(weights.format()).isEqualTo(Weights.Format.SAFETENSORS);
        assertThat(weights.metadata()).containsExactly(Map.entry("arch", "tiny"));
        assertThat(weights.tensors().keySet()).containsExactly("b", "a");
        assertThat(weights.tensors().get("a").toFloats()).containsExactly(1, -2);
        assertThat(weights.tensors().get("b").shape()).isEqualTo(Shape.SCALAR);
        assertThat(weights.tensors().get("b").toFloats()).containsExactly(7);
    }

    @Test
    void writesWhatItReads() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            byte[] bytes = new byte[3 * dtype.bytes()];
            bytes[bytes.length - 1] = 1;
            tensors.put(
                    "a " + dtype, new HostTensor(dtype, Shape.of(3, 1), ByteBuffer.wrap(bytes)));
        }
        tensors.put("\"Gewicht\" \u00e4\n\ud83d\ude00", HostTensor.of(Shape.of(1), 3f));
        tensors.put("empty", HostTensor.of(Shape.of(0, 4), new float[0]));
        tensors.put("", HostTensor.of(Shape.SCALAR, 9L));
        Map<String, String> metadata = Map.of("name", "\u00e9", "", "line\nbreak");
        Path file = folder.resolve("all.safetensors");

        Safetensors.write(file, metadata, tensors);
        Weights weights = Safetensors.read(file);

        assertThat(weights.metadata()).isEqualTo(metadata);
        assertThat(weights.tensors()).isEqualTo(tensors);
        assertThat(weights.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
    }

    @Test
    void writesEveryTensorAtAMultipleOfItsWidth() throws IOException {
        Path file = folder.resolve("aligned.safetensors");
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        tensors.put("odd", new HostTensor(DType.I8, Shape.of(1), ByteBuffer.wrap(new byte[1])));
        tensors.put("wide", HostTensor.of(Shape.of(1), 2L));

        Safetensors.write(file, Map.of(), tensors);

        assertThat(Files.readAllBytes(file))
                .isEqualTo(
                        TorchFiles.safetensors(
                                "{\"odd\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[8,9]},"
                                        + "\"wide\":{\"dtype\":\"I64\",\"shape\":[1],"
                                        + "\"data_offsets\":[0,8]}} ",
                                new byte[] {2, 0, 0, 0, 0, 0, 0, 0, 0}));
    }

    @Test
    void writesNothingButAnEmptyHeader() throws IOException {
        Path file = folder.resolve("none.safetensors");

        Safetensors.write(file, Map.of(), Map.of());

        assertThat(Files.readAllBytes(file))
                .isEqualTo(TorchFiles.safetensors("{}      ", new byte[0]));
        assertThat(Safetensors.read(file).tensors()).isEmpty();
    }

    static Stream<Arguments> refusals() {
        String a = "\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}";
        return Stream.of(
                refusal("{" + a + "," + a + "}", "Duplicate field 'a'"),
                refusal("{" + a, "not valid JSON"),
                refusal("{" + a + ",}", "not valid JSON"),
                refusal("{" + a + "} {}", "more than one JSON object"),
                refusal(" {" + a + "}", "does not begin with '{'"),
                refusal("{\"a\":{\"b\":{\"c\":{}}}}", "unknown field 'b' in tensor 'a'"),
                refusal(tensor("U8", "[[8]]", "[0,8]"), "nesting depth"),
                refusal("{\"a\":3}", "VALUE_NUMBER_INT in tensor 'a' of its header"),
                refusal("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", "Duplicate field 'dtype'"),
                refusal("{\"a\":{\"dtype\":\"U8\",\"shape\":[8]}}", "'a' without one of"),
                refusal("{\"__metadata__\":{\"n\":1}}", "in the metadata 'n'"),
                refusal("{\"__metadata__\":7}", "in __metadata__"),
                refusal(tensor("F4", "[16]", "[0,8]"), "'F4', expected one of [F32, "),
                refusal(tensor("f32", "[2]", "[0,8]"), "'f32', expected one of"),
                refusal(tensor("U8", "[-8]", "[0,8]"), "negative number in tensor 'a'"),
                refusal(tensor("U8", "[8.0]", "[0,8]"), "VALUE_NUMBER_FLOAT in tensor 'a'"),
                refusal(tensor("U8", "[\"8\"]", "[0,8]"), "VALUE_STRING in tensor 'a'"),
                refusal(tensor("U8", "[99999999999999999999]", "[0,8]"), "out of range"),
                refusal(tensor("U8", "[4294967296,4294967296]", "[0,8]"), "too many elements"),
                refusal(tensor("F32", "[3]", "[0,8]"), "type F32 and shape [3] in 8 bytes"),
                refusal(tensor("F32", "[1]", "[0,7]"), "in 7 bytes, expected 4 bytes for each"),
                refusal(tensor("F64", "[2305843009213693953]", "[0,8]"), "in 8 bytes"),
                refusal(tensor("U8", "[8]", "[8,0]"), "data_offsets [8, 0]"),
                refusal(tensor("U8", "[8]", "[8]"), "data_offsets [8]"),
                refusal(tensor("U8", "[7]", "[0,7]"), "extra bytes: its tensors need 7 bytes"),
                refusal(tensor("U8", "[9]", "[0,9]"), "cut short: its tensors need 9 bytes"),
                refusal(tensor("U8", "[7]", "[1,8]"), "at byte 1 of its data, expected byte 0"),
                refusal(two("[0,5]", 5, "[4,8]", 4), "'b' at byte 4 of its data, expected byte 5"),
                refusal(two("[0,5]", 5, "[4,8]", 4), "tensors overlap"),
                refusal(two("[0,3]", 3, "[4,8]", 4), "there is a gap"),
                refusal(two("[0,8]", 8, "[0,8]", 8), "tensors overlap"),
                refusal(tensor("U8", "[" + "1,".repeat(64) + "8]", "[0,8]"), "more than 64 axes"));
    }

    private static Arguments refusal(String header, String complaint) {
        return Arguments.of(TorchFiles.safetensors(header, EIGHT), complaint);
    }

    private static String tensor(String dtype, String shape, String offsets) {
        return "{\"a\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}"
                .formatted(dtype, shape, offsets);
    }

    private static String two(String offsetsA, int lengthA, String offsetsB, int lengthB) {
        String form = "\"%s\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":%s}";
        return "{%s,%s}"
                .formatted(
                        form.formatted("a", lengthA, offsetsA),
                        form.formatted("b", lengthB, offsetsB));
    }

    static Stream<Arguments> damages() {
        byte[] bytes = TorchFiles.safetensors("{\"caf\u00e9\":1}", EIGHT);
        byte[] notUtf8 = bytes.clone();
        notUtf8[8 + 5] = 'x';
        return Stream.of(
                Arguments.of(notUtf8, "not UTF-8"),
                Arguments.of(new byte[] {1, 0, 0}, "cut short: its first field needs 8 bytes"),
                Arguments.of(new byte[8], "does not begin with '{'"),
                Arguments.of(new byte[] {3, 0, 0, 0, 0, 0, 0, 0, '{'}, "its header needs 3 bytes"),
                Arguments.of(
                        new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, '{'},
                        "header of 18446744073709551615 bytes, expected at most 100000000"),
                Arguments.of(
                        TorchFiles.safetensors("{\0\"\0a\0\"\0:\0}\0", EIGHT), "not valid JSON"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource({"refusals", "damages"})
    void refuses(byte[] bytes, String complaint) throws IOException {
        Path file = folder.resolve("bad.safetensors");
        Files.write(file, bytes);

        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> Safetensors.read(file))
                .withMessageStartingWith(file + ": ")
                .withMessageContaining(complaint)
                .withMessageNotContaining("\n")
                .satisfies(e -> assertThat(e.file()).isEqualTo(file));
    }

    @Test
    void refusesToWriteATensorCalledLikeTheMetadata() {
        Map<String, HostTensor> tensors = Map.of("__metadata__", HostTensor.of(Shape.SCALAR, 1f));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Safetensors.write(folder.resolve("x"), Map.of(), tensors));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void replacesAFileAndLeavesNothingElse() {
        Path file = folder.resolve("a.safetensors");
        Safetensors.write(file, Map.of(), Map.of("old", HostTensor.of(Shape.SCALAR, 1f)));

        Safetensors.write(file, Map.of(), Map.of("new", HostTensor.of(Shape.SCALAR, 2f)));

        assertThat(Safetensors.read(file).tensors()).containsOnlyKeys("new");
        assertThat(folder.toFile().list()).containsExactly("a.safetensors");
    }

    @Test
    void saysWhyAFileCannotBeWritten() {
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> Safetensors.write(folder, Map.of(), Map.of()))
                .withMessage(folder + ": cannot be written: it is a directory");
        Path missing = folder.resolve("missing/a.safetensors");
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> Safetensors.write(missing, Map.of(), Map.of()))
                .withMessage(
                        missing + ": cannot be written: there is no folder " + missing.getParent());
        assertThat(folder).isEmptyDirectory();
    }

    /** A limit on the size of files stands in for a full disk. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void keepsTheOldFileWhenTheDiskIsFull() throws Exception {
        Path file = folder.resolve("a.safetensors");
        Safetensors.write(file, Map.of(), Map.of("old", HostTensor.of(Shape.SCALAR, 1f)));

        Process process =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                "ulimit -f 64 && exec \"$0\" \"$@\"",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:-UsePerfData",
                                "-cp",
                                System.getProperty("java.class.path"),
                                WriteMuch.class.getName(),
                                file.toString())
                        .redirectErrorStream(true)
                        .start();
        String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();

        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(output).isEqualTo(file + ": cannot be written: File too large");
        assertThat(Safetensors.read(file).tensors()).containsOnlyKeys("old");
        assertThat(folder.toFile().list()).containsExactly("a.safetensors");
    }

    /** Writes a file of over 4 MB, and prints the complaint about it. */
    static final class WriteMuch {
        private WriteMuch() {}

        public static void main(String[] arguments) {
            HostTensor tensor = HostTensor.of(Shape.of(1 << 20), new float[1 << 20]);
            try {
                Safetensors.write(Path.of(arguments[0]), Map.of(), Map.of("new", tensor));
            } catch (UncheckedIOException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void keepsTensorsApartThatAreTheSame() {
        HostTensor tensor = HostTensor.of(Shape.of(2), 1f, 2f);
        Path file = folder.resolve("tied.safetensors");

        Safetensors.write(file, Map.of(), Map.of("a", tensor, "b", tensor));

        assertThat(Safetensors.read(file).tensors().values())
                .containsExactlyElementsOf(List.of(tensor, tensor));
    }
}

package org.naturalinversion.model.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files of a folder, {@code -Dni.onnx=FOLDER}, run here and in ONNX Runtime. */
@EnabledIfSystemProperty(named = "ni.onnx", matches = ".+")
class ForeignFilesTest {
    private static Agreement agreement;

    @BeforeAll
    static void open() {
        agreement = new Agreement();
    }

    @AfterAll
    static void close() {
        agreement.close();
    }

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("ni.onnx")))) {
            return files.filter(file -> file.toString().endsWith(".onnx")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void agreeWithOnnxRuntime(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
        String last =
                text.contains("LogSoftmax")
                        ? "LogSoftmax"
                        : text.contains("Softmax") ? "Softmax" : "";
        assertThat(agreement.check(file, 3, last).classes()).isPositive();
    }
}

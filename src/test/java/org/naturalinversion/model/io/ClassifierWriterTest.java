package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.zoo.ResNetCifar;
import org.naturalinversion.tensor.HostTensor;

class ClassifierWriterTest {
    @TempDir private Path folder;

    @Test
    void aWrittenClassifierNeedsNothingButTheFile() {
        Architecture architecture = new ResNetCifar(8, 7, new ImageSize(28, 20, 1));
        Map<String, HostTensor> weights = weights(architecture);
        Normalization normalization = new Normalization(List.of(0.25), List.of(0.3));
        Path file = folder.resolve("grey.safetensors");

        ClassifierWriter.write(file, new Classifier(architecture, weights, normalization));
        Map<String, String> metadata = Safetensors.read(file).metadata();

        assertThat(metadata)
                .containsEntry("architecture", "resnet8-cifar")
                .containsEntry("classes", "7")
                .containsEntry("input", "1x28x20")
                .containsEntry("mean", "0.25")
                .containsEntry("std", "0.3");
    }

    @Test
    void whatTheFileSaysIsReadAndFlagsWin() {
        Architecture architecture = new ResNetCifar(20, 7, new ImageSize(28, 20, 1));
        Normalization normalization = new Normalization(List.of(0.25), List.of(0.3));
        Path file = folder.resolve("grey.safetensors");
        ClassifierWriter.write(
                file, new Classifier(architecture, weights(architecture), normalization));

        Classifier read = ClassifierReader.read(file, null, null, null);
        Classifier told =
                ClassifierReader.read(file, null, Normalization.Preset.NONE.normalization(), 16);

        assertThat(read.architecture()).isEqualTo(architecture);
        assertThat(read.normalization()).isEqualTo(normalization);
        assertThat(read.weights()).isEqualTo(weights(architecture));
        assertThat(told.input()).isEqualTo(new ImageSize(16, 16, 1));
        assertThat(told.normalization()).isEqualTo(Normalization.Preset.NONE.normalization());
    }

    @Test
    void metadataThatMakeNoSenseAreRefused() {
        Path file = folder.resolve("wrong.safetensors");
        Safetensors.write(file, Map.of("input", "32 by 32"), Map.of());

        assertThatThrownBy(() -> ClassifierReader.read(file, null, null, null))
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("input is '32 by 32'");
    }

    private static Map<String, HostTensor> weights(Architecture architecture) {
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        ClassifierReader.expected(architecture)
                .forEach(
                        (name, shape) -> {
                            float[] values = new float[Math.toIntExact(shape.elements())];
                            for (int i = 0; i < values.length; i++) {
                                values[i] = (name.hashCode() % 7 + i % 5 + 1) / 16f;
                            }
                            weights.put(name, HostTensor.of(shape, values));
                        });
        return weights;
    }
}

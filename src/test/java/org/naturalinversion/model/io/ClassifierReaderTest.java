package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.Misfit.Kind;
import org.naturalinversion.model.zoo.Formula;
import org.naturalinversion.model.zoo.Zoo;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

class ClassifierReaderTest {
    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource({
        "resnet20-cifar,      7",
        "resnet20-cifar-b,    7",
        "resnet18-cifar,      10",
        "resnet18,            10",
        "wrn-16-1,            100",
        "vgg11_bn-cifar,      10",
        "vgg11_bn-cifar-b,    10",
        "mobilenetv2-cifar,   10",
        "mobilenet_v2,        10",
        "convnet-grey,        10"
    })
    void findsTheArchitectureThatTheWeightsFit(String name, int classes) {
        Architecture architecture = Zoo.find(name, classes, Zoo.input(name));
        Path file = write(Formula.weights(architecture));

        assertThat(ClassifierReader.read(file, null, null, null).architecture())
                .isEqualTo(architecture);
        assertThat(ClassifierReader.read(file, name, null, null).architecture())
                .isEqualTo(architecture);
    }

    @Test
    void whereNothingIsSaidColoursAreNormalisedAndGreyIsNot() {
        assertThat(normalization("resnet20-cifar"))
                .isEqualTo(Normalization.Preset.IMAGENET.normalization());
        assertThat(normalization("convnet-grey"))
                .isEqualTo(Normalization.Preset.NONE.normalization());
    }

    private Normalization normalization(String name) {
        Path file = write(Formula.weights(Zoo.find(name, 10, Zoo.input(name))));
        return ClassifierReader.read(file, null, null, null).normalization();
    }

    @Test
    void ofSeveralThatFitTheSizeOfTheImagesDecides() {
        ImageSize small = new ImageSize(48, 48, 3);
        Path file = write(Formula.weights(Zoo.find("mobilenet_v2", 10, small)));

        assertThat(ClassifierReader.read(file, null, null, 48).architecture())
                .isEqualTo(Zoo.find("mobilenetv2-cifar-b", 10, small));
        assertThat(ClassifierReader.read(file, null, null, 192).architecture().name())
                .isEqualTo("mobilenet_v2");
    }

    @Test
    void readsWhatAnotherCodeBaseNames() {
        Architecture architecture = Zoo.find("resnet20-cifar-b", 10, new ImageSize(32, 32, 3));
        Map<String, HostTensor> weights = Formula.weights(architecture);
        Map<String, HostTensor> renamed =
                renamed(
                        weights,
                        name ->
                                "module."
                                        + name.replace("shortcut", "downsample")
                                                .replace("linear", "fc"));
        renamed.put("module.bn1.num_batches_tracked", HostTensor.of(Shape.SCALAR, 7L));
        renamed.put("total_ops", HostTensor.of(Shape.of(1), 1f));

        Classifier classifier = ClassifierReader.read(write(renamed), null, null, null);

        assertThat(classifier.architecture()).isEqualTo(architecture);
        assertThat(classifier.weights()).isEqualTo(weights);
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16", "F64"})
    void weightsOfOtherPrecisionsBecomeFloat32(DType dtype) {
        Map<String, HostTensor> weights =
                Formula.weights(Zoo.find("convnet-grey", 10, Zoo.input("convnet-grey")));
        Map<String, HostTensor> stored = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> stored.put(name, constant(dtype, tensor.shape())));

        Classifier classifier = ClassifierReader.read(write(stored), null, null, null);

        assertThat(classifier.weights()).hasSameSizeAs(weights);
        assertThat(classifier.weights().values())
                .allSatisfy(
                        tensor -> {
                            assertThat(tensor.dtype()).isEqualTo(DType.F32);
                            assertThat(tensor.toFloats()).containsOnly(1.5f);
                        });
    }

    @Test
    void doublesBeyondFloat32AreNotFinite() {
        Map<String, HostTensor> weights =
                Formula.weights(Zoo.find("convnet-grey", 10, Zoo.input("convnet-grey")));
        ByteBuffer huge = ByteBuffer.allocate(80).order(ByteOrder.LITTLE_ENDIAN);
        huge.putDouble(16, 1e300);
        weights.put("fc.bias", new HostTensor(DType.F64, Shape.of(10), huge));
        Path file = write(weights);

        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> ClassifierReader.read(file, null, null, null))
                .withMessageContaining("'fc.bias' (1 of 10)");
    }

    @Test
    void whatDoesNotFitIsNamedWithWhatWasPerhapsMeant() {
        Path file =
                write(
                        renamed(
                                Formula.weights(Zoo.find("resnet18", 10, Zoo.input("resnet18"))),
                                name ->
                                        name.replace("fc.", "my_fc.")
                                                .replace("layer4.1.conv2", "layer4.1.conv\n2")));

        MisfitException misfit =
                catchThrowableOfType(
                        MisfitException.class, () -> ClassifierReader.read(file, null, null, null));

        assertThat(misfit)
                .hasMessageContaining("fits no architecture; the nearest is resnet18, with 99 of")
                .hasMessageContaining(
                        "missing: layer4.1.conv2.weight [512, 512, 3, 3] (nearest:"
                                + " layer4.1.conv\\u000a2.weight [512, 512, 3, 3]), fc.weight");
        assertThat(misfit.fit().misfits())
                .hasSize(6)
                .anySatisfy(
                        missing -> {
                            assertThat(missing.kind()).isEqualTo(Kind.MISSING);
                            assertThat(missing.name()).isEqualTo("fc.weight");
                            assertThat(missing.nearest()).containsExactly("my_fc.weight [10, 512]");
                        })
                .anySatisfy(
                        unknown -> {
                            assertThat(unknown.kind()).isEqualTo(Kind.UNKNOWN);
                            assertThat(unknown.name()).isEqualTo("my_fc.bias");
                            assertThat(unknown.nearest()).first().isEqualTo("fc.bias [10]");
                        });
    }

    @Test
    void theWrongArchitectureIsToldTheRightOne() {
        Path file = write(Formula.weights(Zoo.find("wrn-16-2", 10, Zoo.input("wrn-16-2"))));

        MisfitException misfit =
                catchThrowableOfType(
                        MisfitException.class,
                        () -> ClassifierReader.read(file, "wrn-16-1", null, null));

        assertThat(misfit)
                .hasMessageContaining("does not fit wrn-16-1, but fits wrn-16-2: wrong shape:")
                .hasMessageContaining(" more; unknown: block1.layer.0.convShortcut.weight");
        assertThat(misfit.getMessage().length()).isLessThan(1000);
    }

    @Test
    void aFileThatNamesNoArchitectureOfTheZooIsRefused() {
        Path file = folder.resolve("foreign.safetensors");
        Safetensors.write(file, Map.of("architecture", "lenet"), Map.of());

        assertThatExceptionOfType(ModelFileException.class)
                .isThrownBy(() -> ClassifierReader.read(file, null, null, null))
                .withMessageContaining("names the unknown architecture 'lenet'; known are convnet");
    }

    private Path write(Map<String, HostTensor> weights) {
        Path file = folder.resolve("weights.safetensors");
        Safetensors.write(file, Map.of(), weights);
        return file;
    }

    private static Map<String, HostTensor> renamed(
            Map<String, HostTensor> weights, UnaryOperator<String> rename) {
        Map<String, HostTensor> renamed = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> renamed.put(rename.apply(name), tensor));
        return renamed;
    }

    /** A tensor of 1.5 everywhere. */
    private static HostTensor constant(DType dtype, Shape shape) {
        int n = Math.toIntExact(shape.elements());
        ByteBuffer bytes = ByteBuffer.allocate(n * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < n; i++) {
            switch (dtype) {
                case F16 -> bytes.putShort((short) 0x3e00);
                case BF16 -> bytes.putShort((short) 0x3fc0);
                default -> bytes.putDouble(1.5);
            }
        }
        return new HostTensor(dtype, shape, bytes.flip());
    }
}

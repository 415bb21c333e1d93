package org.naturalinversion.model.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.naturalinversion.app.Backends;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.metric.Evaluator;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;

class ZooTest {
    private static final double PRECISION = 1e-4;

    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = Backends.open("cpu", 0);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "/zoo/logits.csv", useHeadersInDisplayName = true)
    void computesWhatPyTorchComputes(String name, long parameters, String logits) {
        Architecture architecture = Zoo.find(name, 10, Zoo.input(name));

        assertThat(architecture.name()).isEqualTo(name);
        assertThat(parameters(architecture)).isEqualTo(parameters);
        if (logits != null) {
            double[] expected =
                    Arrays.stream(logits.split(" ", -1)).mapToDouble(Double::valueOf).toArray();
            double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
            float[] found = logits(architecture);
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) found[i])
                        .as("logit %d", i)
                        .isCloseTo(expected[i], within(PRECISION * largest));
            }
        }
    }

    /** As torchvision's documentation has them. */
    @ParameterizedTest
    @CsvSource({
        "resnet18, 11689512",
        "resnet34, 21797672",
        "resnet50, 25557032",
        "mobilenet_v2, 3504872",
        "vgg11_bn, 132868840",
        "vgg13_bn, 133053736",
        "vgg16_bn, 138365992",
        "vgg19_bn, 143678248"
    })
    void hasThePublishedNumberOfParameters(String name, long parameters) {
        assertThat(parameters(Zoo.find(name, 1000, Zoo.input(name)))).isEqualTo(parameters);
    }

    @Test
    void everyArchitectureIsCompared() throws Exception {
        String compared =
                new String(
                        ZooTest.class.getResourceAsStream("/zoo/logits.csv").readAllBytes(),
                        StandardCharsets.UTF_8);
        assertThat(compared.lines().skip(1).map(line -> line.substring(0, line.indexOf(','))))
                .containsExactlyInAnyOrderElementsOf(Zoo.names());
    }

    @Test
    void takesAnyNumberOfClassesAndChannelsAndOtherSizes() {
        for (String name : Zoo.names()) {
            ImageSize usual = Zoo.input(name);
            ImageSize input = new ImageSize(2 * usual.height(), usual.width(), 2);
            Architecture architecture = Zoo.find(name, 7, input);

            assertThat(ClassifierReader.expected(architecture).values())
                    .as(name)
                    .first()
                    .satisfies(first -> assertThat(first.get(1)).isEqualTo(2));
            assertThat(ClassifierReader.expected(architecture).values())
                    .as(name)
                    .last()
                    .satisfies(last -> assertThat(last.get(0)).isEqualTo(7));
        }
    }

    @Test
    void refusesImagesThatANetworkCannotWorkWith() {
        Architecture vgg = Zoo.find("vgg16_bn", 10, new ImageSize(160, 160, 3));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClassifierReader.expected(vgg))
                .withMessageContaining("5 x 5 cannot be averaged to 7 x 7");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Zoo.find("resnet21", 10, new ImageSize(32, 32, 3)))
                .withMessageContaining(
                        "there is no architecture 'resnet21'; choose one of convnet-grey");
    }

    private static long parameters(Architecture architecture) {
        return ClassifierReader.expected(architecture).entrySet().stream()
                .filter(weight -> !weight.getKey().contains("running_"))
                .mapToLong(weight -> weight.getValue().elements())
                .sum();
    }

    private static float[] logits(Architecture architecture) {
        Classifier classifier =
                new Classifier(
                        architecture,
                        Formula.weights(architecture),
                        Normalization.Preset.NONE.normalization());
        try (Evaluator evaluator = new Evaluator(engine, classifier, 1)) {
            return evaluator.logits(Formula.image(architecture.input())).toFloats();
        }
    }
}

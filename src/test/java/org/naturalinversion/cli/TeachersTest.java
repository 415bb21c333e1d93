package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.TestNetworks;
import org.naturalinversion.model.io.ClassifierWriter;
import org.naturalinversion.model.zoo.ResNetCifar;
import org.naturalinversion.tensor.HostTensor;

/** Teachers that are not for RGB images of 32 x 32 pixels, or lack something. */
class TeachersTest {
    private static final List<String> SMALL =
            List.of(
                    "--images=3",
                    "--batch=3",
                    "--iterations=2",
                    "--latent=4",
                    "--generator-width=4",
                    "--backend=cpu");

    @TempDir Path folder;

    @Test
    void greyOnesMakeGreyPictures() throws IOException {
        Path teacher = write(classifier(28, 1));
        Path out = folder.resolve("grey");
        Cli made = synthesize(teacher, out, "--normalize=fashion-mnist", "--classes=4");

        assertThat(made.err()).doesNotContain("ni:");
        assertThat(made.code()).isZero();
        BufferedImage image = ImageIO.read(out.resolve("images/4/0000-000.png").toFile());
        assertThat(image.getWidth()).isEqualTo(28);
        assertThat(image.getRaster().getNumBands()).isEqualTo(1);
        BufferedImage grid = ImageIO.read(out.resolve("grid.png").toFile());
        assertThat(grid.getRaster().getNumBands()).isEqualTo(1);
        assertThat(out.resolve("losses.png")).isNotEmptyFile();
        assertThat(json(out.resolve("manifest.json")).at("/settings/mean").toString())
                .isEqualTo("[0.286]");
    }

    @Test
    void greyOnesAreNotNormalisedAsRgb() {
        Path teacher = write(classifier(28, 1));
        Cli refused = synthesize(teacher, folder.resolve("refused"), "--normalize=imagenet");
        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err())
                .contains("mean and std are given for 3 channels, the classifier takes 1")
                .hasLineCount(1);
    }

    @Test
    void fourChannelsAreNoPictureButKept() {
        Path teacher = write(classifier(12, 4));
        Path out = folder.resolve("four");
        Cli refused = synthesize(teacher, out);
        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err()).contains("4 channels cannot be PNG; use --format raw");

        assertThat(synthesize(teacher, out, "--format=raw").code()).isZero();
        assertThat(out.resolve("batches/0000.safetensors")).isNotEmptyFile();
        assertThat(out.resolve("grid.png")).doesNotExist();
    }

    @Test
    void missingStatisticsStopARunUnlessItIsToGoOn() throws IOException {
        Path teacher = write(untouched(classifier(16, 1), "bn1"));
        Path out = folder.resolve("missing");
        Cli refused = synthesize(teacher, out);
        assertThat(refused.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(refused.err())
                .contains("cannot be inverted", "1 of 19 BatchNorm layers", "--allow-missing-bn");
        assertThat(out).doesNotExist();

        Cli made = synthesize(teacher, out, "--allow-missing-bn");
        assertThat(made.code()).isZero();
        assertThat(made.err()).contains("warning: only 18 of 19 BatchNorm layers have usable");
        JsonNode settings = json(out.resolve("manifest.json")).path("settings");
        assertThat(settings.path("allow-missing-bn").booleanValue()).isTrue();
        assertThat(Cli.run("synthesize", "--out=" + out, "--resume").code()).isZero();
    }

    @Test
    void inspectionTellsAllOfIt() throws IOException {
        Path teacher = write(untouched(classifier(28, 1), "layer1.0.bn2"));
        Cli inspected = Cli.run("inspect", teacher, "--batch=2", "--backend=cpu", "--json");
        assertThat(inspected.code()).isZero();
        JsonNode json = new ObjectMapper().readTree(inspected.out());
        assertThat(json.path("bn_layers").intValue()).isEqualTo(19);
        assertThat(json.at("/bn_where/18/height").intValue()).isEqualTo(7);
        assertThat(json.at("/bn_problems/0").textValue()).startsWith("layer1.0.bn2: mean 0");
        assertThat(json.at("/taps/2/receptive_field").intValue()).isEqualTo(81);
        assertThat(json.path("invertible").booleanValue()).isFalse();
        assertThat(json.path("batch").intValue()).isEqualTo(2);
        assertThat(json.path("memory_bytes").longValue()).isGreaterThan(1 << 20);
        assertThat(json.path("seconds_per_iteration").doubleValue()).isPositive();

        Cli read = Cli.run("inspect", teacher, "--batch=2", "--backend=cpu");
        assertThat(read.out())
                .contains("7 at 28 x 28: bn1 to layer1.2.bn2")
                .contains("tap         64 x 7 x 7, sees 81 pixels")
                .contains("invertible  no: ");
        assertThat(Cli.run("inspect", teacher, "--batch=0").code()).isEqualTo(ExitCode.USAGE);
    }

    private static Classifier classifier(int size, int channels) {
        return TestNetworks.classifier(
                new ResNetCifar(20, false, 10, new ImageSize(size, size, channels)));
    }

    private static Classifier untouched(Classifier classifier, String layer) {
        Map<String, HostTensor> weights = new LinkedHashMap<>(classifier.weights());
        weights.computeIfPresent(layer + ".running_mean", (name, t) -> filled(t, 0));
        weights.computeIfPresent(layer + ".running_var", (name, t) -> filled(t, 1));
        return new Classifier(classifier.architecture(), weights, classifier.normalization());
    }

    private static HostTensor filled(HostTensor like, float value) {
        float[] values = new float[(int) like.shape().elements()];
        Arrays.fill(values, value);
        return HostTensor.of(like.shape(), values);
    }

    private Path write(Classifier classifier) {
        Path file = folder.resolve("teacher.safetensors");
        ClassifierWriter.write(file, classifier);
        return file;
    }

    private static Cli synthesize(Path teacher, Path out, String... more) {
        return Cli.run(
                Stream.of(
                                List.of("synthesize", "--teacher=" + teacher, "--out=" + out),
                                SMALL,
                                List.of(more))
                        .flatMap(List::stream)
                        .toArray());
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(Files.readString(file));
    }
}

package org.naturalinversion.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.naturalinversion.TestBackends;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.method.GoldenReplay;
import org.naturalinversion.method.GoldenReplay.Deviation;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.model.io.Safetensors;
import org.naturalinversion.model.io.Weights;

/** Five iterations of the whole recipe against the same in double precision. */
@Tag("backend")
class GoldenTest {
    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyNumberIsWithinItsTolerance(Precision precision) throws Exception {
        Weights golden = Safetensors.read(resource("/golden/resnet20-b16.safetensors"));
        Classifier teacher =
                ClassifierReader.read(
                        resource("/models/resnet20-12fca82f.th"),
                        "resnet20-cifar",
                        Normalization.Preset.IMAGENET.of(3),
                        32);
        GoldenReplay replay =
                new GoldenReplay(teacher, golden.tensors(), golden.metadata(), precision);
        List<Deviation> deviations;
        try (Engine engine = TestBackends.open()) {
            deviations = replay.run(engine);
        }
        assertThat(deviations).hasSizeGreaterThan(100).allMatch(Deviation::ok);
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(GoldenTest.class.getResource(name).toURI());
    }
}

package org.naturalinversion.model.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.app.Backends;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.metric.Evaluator;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.onnx.OnnxWriter;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** A trained checkpoint, written in every format and read again, sees the same in all images. */
class RoundTripTest {
    private static final int IMAGES = 64;

    @TempDir static Path folder;
    private static Engine engine;
    private static HostTensor images;
    private static Classifier trained;

    @BeforeAll
    static void open() {
        engine = Backends.open("cpu", 0);
        trained =
                ClassifierReader.read(
                        Path.of("src/test/resources/models/resnet20-12fca82f.th"),
                        "resnet20-cifar",
                        Normalization.Preset.IMAGENET.normalization(),
                        null);
        Random random = new Random(3);
        float[] values = new float[IMAGES * 32 * 32 * 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        images = HostTensor.of(Shape.of(IMAGES, 32, 32, 3), values);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void safetensorsAreExact() {
        Path file = folder.resolve("trained.safetensors");
        ClassifierWriter.write(file, trained);
        assertThat(logits(read(file))).isEqualTo(logits(trained));
    }

    @Test
    void onnxReadAndWrittenAgainSeesTheSame() {
        Path first = folder.resolve("first.onnx");
        Path second = folder.resolve("second.onnx");
        OnnxWriter.write(first, trained, false);
        OnnxWriter.write(second, read(first), false);

        for (Path file : List.of(first, second)) {
            Classifier classifier = read(file);
            float[] is = logits(classifier);
            float[] should = logits(trained);
            assertThat(classifier.normalization()).isEqualTo(trained.normalization());
            assertThat(classifier.applyAlone(1).batchNorms()).hasSize(19);
            for (int i = 0; i < IMAGES; i++) {
                assertThat(largest(is, i)).isEqualTo(largest(should, i));
            }
            assertThat(is).usingComparatorWithPrecision(1e-5f).containsExactly(should);
        }
    }

    private static Classifier read(Path file) {
        return ClassifierReader.read(file, null, null, null);
    }

    private static float[] logits(Classifier classifier) {
        try (Evaluator evaluator = new Evaluator(engine, classifier, IMAGES)) {
            return evaluator.logits(images).toFloats();
        }
    }

    private static int largest(float[] logits, int image) {
        int best = 0;
        for (int c = 1; c < 10; c++) {
            best = logits[10 * image + c] > logits[10 * image + best] ? c : best;
        }
        return best;
    }
}

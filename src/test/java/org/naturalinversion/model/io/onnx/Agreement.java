package org.naturalinversion.model.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import org.naturalinversion.backend.BackendProvider;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.metric.Evaluator;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Compares what a file computes here and in ONNX Runtime. */
final class Agreement implements AutoCloseable {
    private static final double TOLERANCE = 1e-4;
    private static final Normalization PLAIN = Normalization.Preset.NONE.normalization();

    private final Engine engine =
            new Engine(
                    ServiceLoader.load(BackendProvider.class).stream()
                            .map(ServiceLoader.Provider::get)
                            .filter(provider -> provider.name().equals("cpu"))
                            .findFirst()
                            .orElseThrow()
                            .open(0, 2));

    /** The engine that files are run on here. */
    Engine engine() {
        return engine;
    }

    /** Reads a file whose images need nothing done to them first. */
    static Classifier read(Path file) {
        return ClassifierReader.read(file, null, PLAIN, null);
    }

    /** Asserts that logits agree, on random images. */
    Classifier check(Path file, int batch) {
        return check(file, batch, "");
    }

    /**
     * Asserts that logits agree, on random images.
     *
     * @param last what the file applies to logits: Softmax, LogSoftmax or nothing
     */
    Classifier check(Path file, int batch, String last) {
        Classifier classifier = read(file);
        ImageSize size = classifier.input();
        int perImage = size.channels() * size.height() * size.width();
        float[] planar = new float[batch * perImage];
        float[] ours = new float[planar.length];
        Random random = new Random(5);
        for (int i = 0; i < planar.length; i++) {
            planar[i] = (float) random.nextGaussian();
            int image = i / perImage;
            int channel = i % perImage / (size.height() * size.width());
            int pixel = i % (size.height() * size.width());
            ours[image * perImage + pixel * size.channels() + channel] = planar[i];
        }
        float[][] expected = run(file, batch, size, planar);
        Shape shape = Shape.of(batch, size.height(), size.width(), size.channels());
        float[][] found;
        try (Evaluator evaluator = new Evaluator(engine, classifier, batch)) {
            float[] rows = evaluator.logits(HostTensor.of(shape, ours)).toFloats();
            found = new float[batch][rows.length / batch];
            for (int i = 0; i < rows.length; i++) {
                found[i / found[0].length][i % found[0].length] = rows[i];
            }
        }
        for (int i = 0; i < batch; i++) {
            assertThat(deviation(applied(last, found[i]), expected[i]))
                    .as("relative deviation of image %d", i)
                    .isLessThan(TOLERANCE);
        }
        return classifier;
    }

    private static float[] applied(String last, float[] logits) {
        if (last.isEmpty()) {
            return logits;
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        float[] results = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            double log = logits[i] - Math.log(sum);
            results[i] = (float) (last.equals("Softmax") ? Math.exp(log) : log);
        }
        return results;
    }

    private static double deviation(float[] found, float[] expected) {
        assertThat(found).hasSameSizeAs(expected);
        double square = 0;
        double norm = 1e-12;
        for (int i = 0; i < found.length; i++) {
            square += Math.pow(found[i] - expected[i], 2);
            norm += Math.pow(expected[i], 2);
        }
        return Math.sqrt(square / norm);
    }

    /** What ONNX Runtime makes of images, one by one where the file wants them so. */
    private static float[][] run(Path file, int batch, ImageSize size, float[] images) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            options.setIntraOpNumThreads(1);
            try (OrtSession session =
                    OrtEnvironment.getEnvironment().createSession(file.toString(), options)) {
                String input = session.getInputNames().iterator().next();
                int perImage = images.length / batch;
                float[][] rows = new float[batch][];
                ai.onnxruntime.TensorInfo info =
                        (ai.onnxruntime.TensorInfo) session.getInputInfo().get(input).getInfo();
                int atOnce = info.getShape()[0] > 0 ? (int) info.getShape()[0] : batch;
                boolean last =
                        info.getShape()[3] == size.channels() && size.channels() != size.width();
                for (int from = 0; from < batch; from += atOnce) {
                    float[] part = new float[atOnce * perImage];
                    int count = Math.min(atOnce, batch - from);
                    System.arraycopy(images, from * perImage, part, 0, count * perImage);
                    long[] shape = {atOnce, size.channels(), size.height(), size.width()};
                    if (last) {
                        shape = new long[] {atOnce, size.height(), size.width(), size.channels()};
                        part = turned(part, size, atOnce);
                    }
                    try (OnnxTensor tensor =
                                    OnnxTensor.createTensor(
                                            OrtEnvironment.getEnvironment(),
                                            FloatBuffer.wrap(part),
                                            shape);
                            OrtSession.Result result = session.run(Map.of(input, tensor))) {
                        FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
                        int classes = values.remaining() / atOnce;
                        for (int i = 0; i < count; i++) {
                            rows[from + i] = new float[classes];
                            values.get(i * classes, rows[from + i]);
                        }
                    }
                }
                return rows;
            }
        } catch (OrtException e) {
            throw new AssertionError(file + ": " + e.getMessage(), e);
        }
    }

    private static float[] turned(float[] planar, ImageSize size, int images) {
        float[] turned = new float[planar.length];
        int pixels = size.height() * size.width();
        int perImage = planar.length / images;
        for (int i = 0; i < planar.length; i++) {
            int channel = i % perImage / pixels;
            turned[i / perImage * perImage + i % pixels * size.channels() + channel] = planar[i];
        }
        return turned;
    }

    @Override
    public void close() {
        engine.close();
    }
}

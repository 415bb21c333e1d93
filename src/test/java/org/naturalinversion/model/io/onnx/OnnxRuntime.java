package org.naturalinversion.model.io.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Somebody else's opinion of an ONNX file. */
final class OnnxRuntime {
    private OnnxRuntime() {}

    /**
     * What a network makes of images.
     *
     * @param images N, H, W, C
     * @return [N, classes], row by row
     */
    static float[] logits(Path model, HostTensor images) {
        Shape shape = images.shape();
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        long[] extents = {shape.get(0), shape.get(3), shape.get(1), shape.get(2)};
        FloatBuffer pixels = FloatBuffer.wrap(channelsFirst(images));
        try (OrtSession session = environment.createSession(model.toString());
                OnnxTensor input = OnnxTensor.createTensor(environment, pixels, extents);
                OrtSession.Result result = session.run(Map.of("image", input))) {
            OnnxTensor logits = (OnnxTensor) result.get("logits").orElseThrow();
            float[] values = new float[logits.getFloatBuffer().remaining()];
            logits.getFloatBuffer().get(values);
            return values;
        } catch (OrtException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    private static float[] channelsFirst(HostTensor images) {
        int channels = images.shape().channels();
        int pixels = images.shape().dim(1) * images.shape().dim(2);
        float[] from = images.toFloats();
        float[] into = new float[from.length];
        for (int i = 0; i < from.length; i++) {
            int image = i / (pixels * channels);
            int pixel = i / channels % pixels;
            int channel = i % channels;
            into[(image * channels + channel) * pixels + pixel] = from[i];
        }
        return into;
    }
}

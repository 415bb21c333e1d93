package org.naturalinversion.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.naturalinversion.method.Batch;
import org.naturalinversion.method.Losses;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Batches that nobody had to compute. */
public final class Samples {
    private Samples() {}

    /** A batch that depends on its arguments alone. */
    public static Batch batch(int index, List<Integer> targets, int size, int channels) {
        Random random = new Random(index);
        int images = targets.size();
        float[] values = new float[images * size * size * channels];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        HostTensor tensor = HostTensor.of(Shape.of(images, size, size, channels), values);
        return new Batch(index, targets, tensor, history(index, 3), 2);
    }

    /** Losses that fall. */
    public static List<Losses> history(int batch, int iterations) {
        List<Losses> history = new ArrayList<>();
        for (int i = 0; i < iterations; i++) {
            float x = 1f / (1 + i + batch);
            history.add(new Losses(100 * x, x, 9 * x, 50 * x, 40 * x));
        }
        return history;
    }
}

package org.naturalinversion.model.zoo;

import java.util.LinkedHashMap;
import java.util.Map;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * Weights and images that follow from their names, of sizes that keep activations in range. {@code
 * make_logits.py} has the same formula.
 */
public final class Formula {
    private Formula() {}

    /** All weights of an architecture. */
    public static Map<String, HostTensor> weights(Architecture architecture) {
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        ClassifierReader.expected(architecture)
                .forEach((name, shape) -> weights.put(name, weight(name, shape)));
        return weights;
    }

    /** An image [1, H, W, C] of numbers in [-1, 1), each with its index in [1, C, H, W]. */
    public static HostTensor image(ImageSize size) {
        int pixels = size.height() * size.width();
        float[] values = new float[pixels * size.channels()];
        for (int c = 0; c < size.channels(); c++) {
            for (int p = 0; p < pixels; p++) {
                double u = uniform("image".hashCode(), c * pixels + p);
                values[p * size.channels() + c] =
                        (float) (u * Math.sqrt(6.0 / (size.channels() * pixels)));
            }
        }
        return HostTensor.of(Shape.of(1, size.height(), size.width(), size.channels()), values);
    }

    private static HostTensor weight(String name, Shape shape) {
        boolean positive = name.endsWith("weight") || name.endsWith("running_var");
        double fanIn = shape.rank() == 1 ? 0 : (double) shape.elements() / shape.get(0);
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            double u = uniform(name.hashCode(), i);
            double value = positive ? 1 + u / 2 : u / 5;
            values[i] = (float) (fanIn > 0 ? u * Math.sqrt(6 / fanIn) : value);
        }
        return HostTensor.of(shape, values);
    }

    /** A number in [-1, 1): a hash of a name and an index. */
    private static double uniform(int name, int index) {
        int x = index * 0x9E3779B1 + name;
        for (int i = 0; i < 2; i++) {
            x = (x ^ x >>> 16) * 0x45D9F3B;
        }
        x ^= x >>> 16;
        return Integer.toUnsignedLong(x) * 0x1p-31 - 1;
    }
}

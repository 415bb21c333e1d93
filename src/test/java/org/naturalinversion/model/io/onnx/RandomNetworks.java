package org.naturalinversion.model.io.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Classifiers that have learnt nothing, but whose numbers stay within reason. */
final class RandomNetworks {
    private RandomNetworks() {}

    /** An architecture of the zoo with random weights. */
    static Classifier random(Architecture architecture) {
        RandomGenerator random = new SplittableRandom(1);
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        ClassifierReader.expected(architecture)
                .forEach((name, shape) -> weights.put(name, weight(name, shape, random)));
        return new Classifier(architecture, weights, Normalization.Preset.NONE.normalization());
    }

    /** A network whose graph is made by a function, with weights from {@link #constant}. */
    static Classifier of(ImageSize input, int classes, BiFunction<Layers, Value, Value> build) {
        Architecture architecture =
                new Architecture() {
                    @Override
                    public String name() {
                        return "small";
                    }

                    @Override
                    public int classes() {
                        return classes;
                    }

                    @Override
                    public ImageSize input() {
                        return input;
                    }

                    @Override
                    public Value build(Layers layers, Value x) {
                        return build.apply(layers, x);
                    }
                };
        return random(architecture);
    }

    /** A random weight, the same whenever it is asked for. */
    static Value constant(Layers layers, String name, long... extents) {
        Shape shape = Shape.of(extents);
        return layers.graph()
                .constant(name, weight(name, shape, new SplittableRandom(name.hashCode())));
    }

    /** Random images, N, H, W, C. */
    static HostTensor images(int count, ImageSize size) {
        RandomGenerator random = new SplittableRandom(2);
        float[] pixels = new float[count * size.height() * size.width() * size.channels()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        return HostTensor.of(Shape.of(count, size.height(), size.width(), size.channels()), pixels);
    }

    private static HostTensor weight(String name, Shape shape, RandomGenerator random) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        double deviation = Math.sqrt(2.0 * shape.get(0) / shape.elements());
        boolean positive = name.endsWith("var") || name.endsWith("weight");
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    (float)
                            (shape.rank() > 1
                                    ? random.nextGaussian() * deviation
                                    : positive
                                            ? 0.5 + random.nextDouble()
                                            : 0.1 * random.nextGaussian());
        }
        return HostTensor.of(shape, values);
    }
}

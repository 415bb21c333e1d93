package org.naturalinversion.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.ChannelShuffle;
import org.naturalinversion.graph.op.Concat;
import org.naturalinversion.graph.op.GlobalAveragePool;
import org.naturalinversion.graph.op.MaxPool;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Small networks of every build, with random weights. */
public final class TestNetworks {
    /** A network that is told by its body. */
    public record Net(
            String name, int classes, ImageSize input, BiFunction<Layers, Value, Value> body)
            implements Architecture {
        @Override
        public Value build(Layers layers, Value x) {
            Value features = body.apply(layers, x);
            Value pooled = layers.graph().apply(new GlobalAveragePool(), features);
            return layers.linear("fc", pooled, classes);
        }
    }

    private TestNetworks() {}

    /** A network for square images. */
    public static Net net(int size, int channels, BiFunction<Layers, Value, Value> body) {
        return new Net("net", 10, new ImageSize(size, size, channels), body);
    }

    /** Kaiming-normal filters, and BatchNorm layers with statistics that data could have. */
    public static Classifier classifier(Architecture architecture) {
        Random random = new Random(1);
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        ClassifierReader.expected(architecture)
                .forEach((name, shape) -> weights.put(name, weight(name, shape, random)));
        return new Classifier(architecture, weights, Normalization.Preset.NONE.normalization());
    }

    private static HostTensor weight(String name, Shape shape, Random random) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        double fanIn = (double) shape.elements() / shape.get(0);
        boolean positive = name.endsWith("var") || name.endsWith("weight");
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    (float)
                            (shape.rank() > 1
                                    ? random.nextGaussian() * Math.sqrt(2 / fanIn)
                                    : positive
                                            ? 0.5 + random.nextDouble()
                                            : 0.1 * random.nextGaussian());
        }
        return HostTensor.of(shape, values);
    }

    /** Convolution, BatchNorm, ReLU. */
    public static Value unit(
            Layers layers, String name, Value x, int channels, int kernel, int stride) {
        return layers.relu(linearUnit(layers, name, x, channels, kernel, stride));
    }

    /** Convolution and BatchNorm. */
    static Value linearUnit(
            Layers layers, String name, Value x, int channels, int kernel, int stride) {
        return layers.batchNorm(
                name + ".bn", layers.conv(name + ".conv", x, channels, kernel, stride));
    }

    /** BatchNorm, ReLU, convolution. */
    static Value preActivated(Layers layers, String name, Value x, int channels, int stride) {
        return layers.conv(
                name + ".conv",
                layers.relu(layers.batchNorm(name + ".bn", x)),
                channels,
                3,
                stride);
    }

    static Value add(Layers layers, Value x, Value y) {
        return layers.graph().apply(new Add(), x, y);
    }

    static Value concat(Layers layers, Value... xs) {
        return layers.graph().apply(new Concat(3), xs);
    }

    static Value shuffle(Layers layers, Value x) {
        return layers.graph().apply(new ChannelShuffle(2), x);
    }

    static Value relu6(Layers layers, Value x) {
        return layers.graph().apply(new Activate(Activation.RELU6), x);
    }

    /** The first or the second half of the channels. */
    static Value half(Layers layers, Value x, int which) {
        Shape s = x.shape();
        int c = s.channels() / 2;
        return layers.graph()
                .apply(
                        new Slice(
                                List.of(0, 0, 0, which * c),
                                List.of(s.dim(0), s.dim(1), s.dim(2), (which + 1) * c),
                                List.of(1, 1, 1, 1)),
                        x);
    }

    /** Max pooling. */
    public static Value pool(Layers layers, Value x, int kernel, int stride, int padding) {
        return layers.graph().first(new MaxPool(Window.square(kernel, stride, padding), false), x);
    }

    /** The residual network of 18 layers for large images, as wide as is asked for. */
    public static Net resNet18(int width, int classes, int size) {
        return new Net(
                "resnet18-like",
                classes,
                new ImageSize(size, size, 3),
                (layers, image) -> {
                    Value x = pool(layers, unit(layers, "stem", image, width, 7, 2), 3, 2, 1);
                    for (int stage = 0; stage < 4; stage++) {
                        for (int block = 0; block < 2; block++) {
                            String name = "layer" + (stage + 1) + "." + block;
                            int stride = stage > 0 && block == 0 ? 2 : 1;
                            x = basicBlock(layers, name, x, width << stage, stride);
                        }
                    }
                    return x;
                });
    }

    private static Value basicBlock(Layers layers, String name, Value x, int channels, int stride) {
        Value y = unit(layers, name + ".1", x, channels, 3, stride);
        y = linearUnit(layers, name + ".2", y, channels, 3, 1);
        Value shortcut =
                stride == 1 ? x : linearUnit(layers, name + ".downsample", x, channels, 1, 2);
        return layers.relu(add(layers, y, shortcut));
    }

    /** A residual network that activates first, and hands raw sums or activated ones on. */
    static Value preActivation(Layers layers, Value image, boolean rawShortcut) {
        Value x = layers.conv("stem", image, 4, 3, 1);
        x = add(layers, x, preActivated(layers, "a", x, 4, 1));
        Value active = layers.relu(layers.batchNorm("b.bn", x));
        Value y = layers.conv("b.conv", active, 8, 3, 2);
        Value shortcut = layers.conv("b.shortcut", rawShortcut ? x : active, 8, 1, 2);
        return layers.relu(layers.batchNorm("last", add(layers, y, shortcut)));
    }

    /** Dense blocks of two layers and transitions that halve channels and pixels. */
    static Value dense(Layers layers, Value image) {
        Value x = layers.conv("stem", image, 4, 3, 1);
        for (String block : List.of("a", "b")) {
            for (String layer : List.of(".0", ".1")) {
                x = concat(layers, x, preActivated(layers, block + layer, x, 3, 1));
            }
            x = layers.relu(layers.batchNorm(block + ".norm", x));
            if (block.equals("a")) {
                x = pool(layers, layers.conv("transition", x, 5, 1, 1), 2, 2, 0);
            }
        }
        return x;
    }

    /** Two branches side by side, shuffled; strided units have a convolution before the stride. */
    static Value shuffled(Layers layers, Value image) {
        Value x = unit(layers, "stem", image, 4, 3, 1);
        Value y = unit(layers, "a", half(layers, x, 1), 2, 3, 1);
        x = shuffle(layers, concat(layers, half(layers, x, 0), y));
        Value left = unit(layers, "b.left", linearUnit(layers, "b.0", x, 4, 3, 2), 4, 1, 1);
        Value right = unit(layers, "b.1", x, 6, 1, 1);
        right = unit(layers, "b.right", linearUnit(layers, "b.2", right, 6, 3, 2), 4, 1, 1);
        return shuffle(layers, concat(layers, left, right));
    }

    /** Bottlenecks without activation, with expansions before the stride. */
    static Value linearBottlenecks(Layers layers, Value image) {
        Value x = linearUnit(layers, "stem", image, 4, 3, 1);
        x = add(layers, x, linearUnit(layers, "a.2", expanded(layers, "a.1", x, 24, 1), 4, 1, 1));
        x = linearUnit(layers, "b.2", expanded(layers, "b.1", x, 20, 2), 6, 1, 1);
        return relu6(layers, linearUnit(layers, "last", x, 32, 1, 1));
    }

    private static Value expanded(Layers layers, String name, Value x, int channels, int stride) {
        Value y = relu6(layers, linearUnit(layers, name, x, channels, 1, 1));
        return relu6(layers, linearUnit(layers, name + ".depth", y, channels, 3, stride));
    }
}

package org.naturalinversion.model.zoo;

import java.util.List;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Pad;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.model.Layers;

/**
 * The residual blocks of He et al. 2015 (arXiv 1512.03385, figure 5): y = relu(f(x) + shortcut(x)).
 * Block names end with a dot: {@code layer1.0.}
 */
final class ResidualBlocks {
    /** A bottleneck's output has this many times the channels that it computes with. */
    static final int EXPANSION = 4;

    private ResidualBlocks() {}

    /** How x gets past a block that changes its channels or its size. */
    @FunctionalInterface
    interface Shortcut {
        /** x with the given channels, at every stride-th pixel. */
        Value past(Layers layers, String block, Value x, int channels, int stride);
    }

    /** Two convolutions of 3 x 3. */
    static Value basic(
            Layers layers, String block, Value x, int channels, int stride, Shortcut shortcut) {
        Value y = layers.conv(block + "conv1", x, channels, 3, stride);
        y = layers.relu(layers.batchNorm(block + "bn1", y));
        y = layers.conv(block + "conv2", y, channels, 3, 1);
        y = layers.batchNorm(block + "bn2", y);
        return layers.relu(layers.add(y, shortcut.past(layers, block, x, channels, stride)));
    }

    /** A convolution of 3 x 3, which strides, between two of 1 x 1; four times the channels out. */
    static Value bottleneck(
            Layers layers, String block, Value x, int channels, int stride, Shortcut shortcut) {
        int out = EXPANSION * channels;
        Value y = layers.conv(block + "conv1", x, channels, 1, 1);
        y = layers.relu(layers.batchNorm(block + "bn1", y));
        y = layers.conv(block + "conv2", y, channels, 3, stride);
        y = layers.relu(layers.batchNorm(block + "bn2", y));
        y = layers.conv(block + "conv3", y, out, 1, 1);
        y = layers.batchNorm(block + "bn3", y);
        return layers.relu(layers.add(y, shortcut.past(layers, block, x, out, stride)));
    }

    /** Option A: every second pixel, channels padded with zeros on both sides. No parameters. */
    static Shortcut padded() {
        return (layers, block, x, channels, stride) -> {
            int more = channels - x.shape().channels();
            if (more == 0) {
                return x;
            }
            Value half = layers.graph().apply(Slice.everySecondPixel(x.shape()), x);
            List<Integer> before = List.of(0, 0, 0, more / 2);
            List<Integer> after = List.of(0, 0, 0, more - more / 2);
            return layers.graph().apply(new Pad(before, after), half);
        };
    }

    /** Option B: a convolution of 1 x 1 and BatchNorm, NAME.0 and NAME.1. */
    static Shortcut projected(String name) {
        return (layers, block, x, channels, stride) -> {
            if (stride == 1 && channels == x.shape().channels()) {
                return x;
            }
            Value y = layers.conv(block + name + ".0", x, channels, 1, stride);
            return layers.batchNorm(block + name + ".1", y);
        };
    }
}

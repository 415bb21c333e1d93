package org.naturalinversion.model.zoo;

import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;

/**
 * The wide residual networks for small images of Zagoruyko and Komodakis 2016 (arXiv 1605.07146):
 * 6n+4 layers in three stages of 16k, 32k, 64k channels, BatchNorm and activation before each
 * convolution. Named as in xternalz/WideResNet-pytorch.
 *
 * @param depth number of layers, 6n+4
 * @param widening the factor k
 */
public record WideResNet(int depth, int widening, int classes, ImageSize input)
        implements Architecture {
    private static final int STEM = 16;
    private static final int STAGES = 3;

    public WideResNet {
        if (depth < 10 || (depth - 4) % 6 != 0) {
            throw new IllegalArgumentException("depth must be 6n+4, not " + depth);
        }
        if (widening < 1) {
            throw new IllegalArgumentException("widening must be at least 1, not " + widening);
        }
    }

    @Override
    public String name() {
        return "wrn-" + depth + "-" + widening;
    }

    @Override
    public Value build(Layers layers, Value image) {
        Value x = layers.conv("conv1", image, STEM, 3, 1);
        for (int stage = 0; stage < STAGES; stage++) {
            for (int i = 0; i < (depth - 4) / 6; i++) {
                String block = "block" + (stage + 1) + ".layer." + i + ".";
                int stride = stage > 0 && i == 0 ? 2 : 1;
                x = block(layers, block, x, (STEM << stage) * widening, stride);
            }
        }
        x = layers.relu(layers.batchNorm("bn1", x));
        return layers.linear("fc", layers.globalAveragePool(x), classes);
    }

    private static Value block(Layers layers, String block, Value x, int channels, int stride) {
        Value before = layers.relu(layers.batchNorm(block + "bn1", x));
        Value y = layers.conv(block + "conv1", before, channels, 3, stride);
        y = layers.relu(layers.batchNorm(block + "bn2", y));
        y = layers.conv(block + "conv2", y, channels, 3, 1);
        // A shortcut with a convolution starts behind the activation, one without before it.
        Value shortcut =
                channels == x.shape().channels()
                        ? x
                        : layers.conv(block + "convShortcut", before, channels, 1, stride);
        return layers.add(shortcut, y);
    }
}

package org.naturalinversion.model.zoo;

import java.util.List;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.GlobalAveragePool;
import org.naturalinversion.graph.op.Pad;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;

/**
 * The residual networks for small images of He et al. 2015 (arXiv 1512.03385, section 4.2): 6n+2
 * layers in three stages of 16, 32, 64 channels, shortcuts without parameters (option A: every
 * second pixel, channels padded with zeros on both sides).
 *
 * @param depth number of layers, 6n+2
 */
public record ResNetCifar(int depth, int classes, ImageSize input) implements Architecture {
    private static final List<Integer> STAGES = List.of(16, 32, 64);

    public ResNetCifar {
        if (depth < 8 || (depth - 2) % 6 != 0) {
            throw new IllegalArgumentException("depth must be 6n+2, not " + depth);
        }
    }

    @Override
    public String name() {
        return "resnet" + depth + "-cifar";
    }

    @Override
    public Value build(Layers layers, Value image) {
        Value x =
                layers.relu(
                        layers.batchNorm("bn1", layers.conv("conv1", image, STAGES.get(0), 3, 1)));
        for (int stage = 0; stage < STAGES.size(); stage++) {
            for (int i = 0; i < (depth - 2) / 6; i++) {
                int stride = stage > 0 && i == 0 ? 2 : 1;
                x =
                        block(
                                layers,
                                "layer" + (stage + 1) + "." + i + ".",
                                x,
                                STAGES.get(stage),
                                stride);
            }
        }
        return layers.linear("linear", layers.graph().apply(new GlobalAveragePool(), x), classes);
    }

    private static Value block(Layers layers, String name, Value x, int channels, int stride) {
        Value y =
                layers.relu(
                        layers.batchNorm(
                                name + "bn1", layers.conv(name + "conv1", x, channels, 3, stride)));
        y = layers.batchNorm(name + "bn2", layers.conv(name + "conv2", y, channels, 3, 1));
        return layers.relu(layers.graph().apply(new Add(), y, shortcut(layers, x, channels)));
    }

    private static Value shortcut(Layers layers, Value x, int channels) {
        int more = channels - x.shape().channels();
        if (more == 0) {
            return x;
        }
        Value half = layers.graph().apply(Slice.everySecondPixel(x.shape()), x);
        return layers.graph()
                .apply(
                        new Pad(List.of(0, 0, 0, more / 2), List.of(0, 0, 0, more - more / 2)),
                        half);
    }
}

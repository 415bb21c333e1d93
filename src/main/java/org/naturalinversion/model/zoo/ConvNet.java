package org.naturalinversion.model.zoo;

import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;

/**
 * A small network for small grey images, such as those of MNIST: two convolutions with BatchNorm at
 * each of three resolutions (32, 64, 128 channels), the mean over space, one fully connected layer.
 * Ours, not a paper's.
 */
public record ConvNet(int classes, ImageSize input) implements Architecture {
    private static final int STAGES = 3;
    private static final int FIRST = 32;

    @Override
    public String name() {
        return "convnet-grey";
    }

    @Override
    public Value build(Layers layers, Value image) {
        Value x = image;
        for (int stage = 0; stage < STAGES; stage++) {
            for (int i = 0; i < 2; i++) {
                String at = "stage" + (stage + 1) + "." + i + ".";
                int stride = stage > 0 && i == 0 ? 2 : 1;
                x = layers.conv(at + "conv", x, FIRST << stage, 3, stride);
                x = layers.relu(layers.batchNorm(at + "bn", x));
            }
        }
        return layers.linear("fc", layers.globalAveragePool(x), classes);
    }
}

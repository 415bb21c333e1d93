package org.naturalinversion.model.zoo;

import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.zoo.MobileNetV2.Stage;
import org.naturalinversion.model.zoo.ResidualBlocks.Shortcut;

/**
 * The network of Sandler et al. 2018 (arXiv 1801.04381) for small images, as in
 * kuangliu/pytorch-cifar. It differs from the paper's: stem and second stage do not stride, the
 * activation is ReLU, each block has all three convolutions, and every block that does not stride
 * has a shortcut, with a convolution where the channels change.
 */
public record MobileNetV2Cifar(int classes, ImageSize input) implements Architecture {
    private static final Shortcut SHORTCUT = ResidualBlocks.projected("shortcut");

    @Override
    public String name() {
        return "mobilenetv2-cifar";
    }

    @Override
    public Value build(Layers layers, Value image) {
        Value x = layers.conv("conv1", image, MobileNetV2.STEM, 3, 1);
        x = layers.relu(layers.batchNorm("bn1", x));
        int index = 0;
        for (int stage = 0; stage < MobileNetV2.STAGES.size(); stage++) {
            Stage s = MobileNetV2.STAGES.get(stage);
            for (int i = 0; i < s.blocks(); i++) {
                boolean strides = i == 0 && stage != MobileNetV2.UNSTRIDED;
                x = block(layers, "layers." + index + ".", x, s, strides ? s.stride() : 1);
                index++;
            }
        }
        x = layers.conv("conv2", x, MobileNetV2.FEATURES, 1, 1);
        x = layers.relu(layers.batchNorm("bn2", x));
        return layers.linear("linear", layers.globalAveragePool(x), classes);
    }

    private static Value block(Layers layers, String block, Value x, Stage stage, int stride) {
        Value y = layers.conv(block + "conv1", x, stage.expansion() * x.shape().channels(), 1, 1);
        y = layers.relu(layers.batchNorm(block + "bn1", y));
        y = layers.depthwise(block + "conv2", y, 3, stride);
        y = layers.relu(layers.batchNorm(block + "bn2", y));
        y = layers.conv(block + "conv3", y, stage.channels(), 1, 1);
        y = layers.batchNorm(block + "bn3", y);
        return stride == 1
                ? layers.add(y, SHORTCUT.past(layers, block, x, stage.channels(), 1))
                : y;
    }
}

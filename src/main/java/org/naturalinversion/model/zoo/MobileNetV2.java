package org.naturalinversion.model.zoo;

import java.util.List;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;

/**
 * The network of Sandler et al. 2018 (arXiv 1801.04381, table 2), named as in torchvision: inverted
 * residuals that are wide inside and narrow between, with ReLU6.
 *
 * @param small whether it is for small images: stem and second stage do not stride then, as in
 *     pytorch-cifar-models
 */
public record MobileNetV2(boolean small, int classes, ImageSize input) implements Architecture {
    /** Blocks of a kind: how much wider inside, channels out, how many, stride of the first. */
    record Stage(int expansion, int channels, int blocks, int stride) {}

    static final List<Stage> STAGES =
            List.of(
                    new Stage(1, 16, 1, 1),
                    new Stage(6, 24, 2, 2),
                    new Stage(6, 32, 3, 2),
                    new Stage(6, 64, 4, 2),
                    new Stage(6, 96, 3, 1),
                    new Stage(6, 160, 3, 2),
                    new Stage(6, 320, 1, 1));

    /** The stage that does not stride where images are small. */
    static final int UNSTRIDED = 1;

    static final int STEM = 32;
    static final int FEATURES = 1280;

    @Override
    public String name() {
        return small ? "mobilenetv2-cifar-b" : "mobilenet_v2";
    }

    @Override
    public Value build(Layers layers, Value image) {
        Value x = layers.conv("features.0.0", image, STEM, 3, small ? 1 : 2);
        x = layers.relu6(layers.batchNorm("features.0.1", x));
        int index = 1;
        for (int stage = 0; stage < STAGES.size(); stage++) {
            Stage s = STAGES.get(stage);
            for (int i = 0; i < s.blocks(); i++) {
                boolean strides = i == 0 && !(small && stage == UNSTRIDED);
                x = block(layers, "features." + index + ".conv.", x, s, strides ? s.stride() : 1);
                index++;
            }
        }
        x = layers.conv("features." + index + ".0", x, FEATURES, 1, 1);
        x = layers.relu6(layers.batchNorm("features." + index + ".1", x));
        return layers.linear("classifier.1", layers.globalAveragePool(x), classes);
    }

    private static Value block(Layers layers, String block, Value x, Stage stage, int stride) {
        Value y = x;
        int index = 0;
        if (stage.expansion() > 1) {
            y = layers.conv(block + "0.0", y, stage.expansion() * x.shape().channels(), 1, 1);
            y = layers.relu6(layers.batchNorm(block + "0.1", y));
            index = 1;
        }
        y = layers.depthwise(block + index + ".0", y, 3, stride);
        y = layers.relu6(layers.batchNorm(block + index + ".1", y));
        y = layers.conv(block + (index + 1), y, stage.channels(), 1, 1);
        y = layers.batchNorm(block + (index + 2), y);
        return y.shape().equals(x.shape()) ? layers.add(x, y) : y;
    }
}

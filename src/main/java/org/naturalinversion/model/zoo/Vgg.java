package org.naturalinversion.model.zoo;

import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;

/**
 * The networks of Simonyan and Zisserman 2014 (arXiv 1409.1556, table 1, columns A, B, D, E) with
 * BatchNorm behind each convolution.
 *
 * @param depth number of layers with weights in the paper's network: 11, 13, 16 or 19
 * @param head what follows the convolutions
 */
public record Vgg(int depth, Head head, int classes, ImageSize input) implements Architecture {
    /** What follows the convolutions, and in whose code. */
    public enum Head {
        /** For ImageNet: 7 x 7 pixels and three fully connected layers; torchvision. */
        IMAGENET("", 7, 4096),
        /** For small images: the mean over space and one layer; kuangliu/pytorch-cifar. */
        CIFAR("-cifar", 1, 0),
        /** For small images: the mean over space and three layers; pytorch-cifar-models. */
        CIFAR_B("-cifar-b", 1, 512);

        private final String suffix;
        private final int extent;
        private final int hidden;

        Head(String suffix, int extent, int hidden) {
            this.suffix = suffix;
            this.extent = extent;
            this.hidden = hidden;
        }
    }

    /** Number of convolutions in each stage; a stage ends with a halving of the resolution. */
    private static final Map<Integer, List<Integer>> CONVOLUTIONS =
            Map.of(
                    11, List.of(1, 1, 2, 2, 2),
                    13, List.of(2, 2, 2, 2, 2),
                    16, List.of(2, 2, 3, 3, 3),
                    19, List.of(2, 2, 4, 4, 4));

    private static final List<Integer> CHANNELS = List.of(64, 128, 256, 512, 512);

    public Vgg {
        if (!CONVOLUTIONS.containsKey(depth)) {
            throw new IllegalArgumentException("depth must be 11, 13, 16 or 19, not " + depth);
        }
    }

    @Override
    public String name() {
        return "vgg" + depth + "_bn" + head.suffix;
    }

    @Override
    public Value build(Layers layers, Value image) {
        Value x = image;
        int index = 0; // of the next layer in PyTorch's nn.Sequential
        for (int stage = 0; stage < CHANNELS.size(); stage++) {
            for (int i = 0; i < CONVOLUTIONS.get(depth).get(stage); i++) {
                x = layers.convWithBias("features." + index, x, CHANNELS.get(stage), 3, 1);
                x = layers.relu(layers.batchNorm("features." + (index + 1), x));
                index += 3;
            }
            x = layers.maxPool(x, 2, 2, 0);
            index++;
        }
        return classify(layers, layers.flatten(layers.averagePoolTo(head.extent, x)));
    }

    private Value classify(Layers layers, Value features) {
        if (head.hidden == 0) {
            return layers.linear("classifier", features, classes);
        }
        Value x = layers.relu(layers.linear("classifier.0", features, head.hidden));
        x = layers.relu(layers.linear("classifier.3", x, head.hidden));
        return layers.linear("classifier.6", x, classes);
    }
}

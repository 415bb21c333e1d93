package org.naturalinversion.model.zoo;

import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.zoo.ResidualBlocks.Shortcut;

/**
 * The residual networks of He et al. 2015 (arXiv 1512.03385, table 1): four stages of 64, 128, 256,
 * 512 channels; where a bottleneck strides, its convolution of 3 x 3 does. For ImageNet as in
 * torchvision; for small images as in kuangliu/pytorch-cifar, that is with a stem of 3 x 3 at full
 * resolution and other names.
 *
 * @param depth number of layers: 18, 34 or 50
 * @param small whether it is for small images
 */
public record ResNet(int depth, boolean small, int classes, ImageSize input)
        implements Architecture {
    /** Number of blocks in each stage. */
    private static final Map<Integer, List<Integer>> BLOCKS =
            Map.of(18, List.of(2, 2, 2, 2), 34, List.of(3, 4, 6, 3), 50, List.of(3, 4, 6, 3));

    private static final int STEM = 64;
    private static final int FIRST_BOTTLENECKS = 50;

    public ResNet {
        if (!BLOCKS.containsKey(depth)) {
            throw new IllegalArgumentException("depth must be 18, 34 or 50, not " + depth);
        }
    }

    @Override
    public String name() {
        return "resnet" + depth + (small ? "-cifar" : "");
    }

    @Override
    public Value build(Layers layers, Value image) {
        Shortcut shortcut = ResidualBlocks.projected(small ? "shortcut" : "downsample");
        Value x = stem(layers, image);
        List<Integer> blocks = BLOCKS.get(depth);
        for (int stage = 0; stage < blocks.size(); stage++) {
            int channels = STEM << stage;
            for (int i = 0; i < blocks.get(stage); i++) {
                String block = "layer" + (stage + 1) + "." + i + ".";
                int stride = stage > 0 && i == 0 ? 2 : 1;
                x =
                        depth < FIRST_BOTTLENECKS
                                ? ResidualBlocks.basic(layers, block, x, channels, stride, shortcut)
                                : ResidualBlocks.bottleneck(
                                        layers, block, x, channels, stride, shortcut);
            }
        }
        return layers.linear(small ? "linear" : "fc", layers.globalAveragePool(x), classes);
    }

    private Value stem(Layers layers, Value image) {
        Value x = layers.conv("conv1", image, STEM, small ? 3 : 7, small ? 1 : 2);
        x = layers.relu(layers.batchNorm("bn1", x));
        return small ? x : layers.maxPool(x, 3, 2, 1);
    }
}

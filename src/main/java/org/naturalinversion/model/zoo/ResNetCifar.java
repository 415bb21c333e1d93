package org.naturalinversion.model.zoo;

import java.util.List;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.zoo.ResidualBlocks.Shortcut;

/**
 * The residual networks for small images of He et al. 2015 (arXiv 1512.03385, section 4.2): 6n+2
 * layers in three stages of 16, 32, 64 channels.
 *
 * @param depth number of layers, 6n+2
 * @param projected whether shortcuts that change the channels are convolutions with BatchNorm
 *     (option B, {@code -b} in the name) or have no parameters (option A)
 */
public record ResNetCifar(int depth, boolean projected, int classes, ImageSize input)
        implements Architecture {
    private static final List<Integer> STAGES = List.of(16, 32, 64);

    public ResNetCifar {
        if (depth < 8 || (depth - 2) % 6 != 0) {
            throw new IllegalArgumentException("depth must be 6n+2, not " + depth);
        }
    }

    /** With shortcuts without parameters. */
    public ResNetCifar(int depth, int classes, ImageSize input) {
        this(depth, false, classes, input);
    }

    @Override
    public String name() {
        return "resnet" + depth + "-cifar" + (projected ? "-b" : "");
    }

    @Override
    public Value build(Layers layers, Value image) {
        Shortcut shortcut =
                projected ? ResidualBlocks.projected("shortcut") : ResidualBlocks.padded();
        Value x = layers.conv("conv1", image, STAGES.get(0), 3, 1);
        x = layers.relu(layers.batchNorm("bn1", x));
        for (int stage = 0; stage < STAGES.size(); stage++) {
            for (int i = 0; i < (depth - 2) / 6; i++) {
                String block = "layer" + (stage + 1) + "." + i + ".";
                int stride = stage > 0 && i == 0 ? 2 : 1;
                x = ResidualBlocks.basic(layers, block, x, STAGES.get(stage), stride, shortcut);
            }
        }
        return layers.linear("linear", layers.globalAveragePool(x), classes);
    }
}

package org.naturalinversion.method;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.BatchNorm;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.graph.op.Reshape;
import org.naturalinversion.graph.op.UpsampleNearest;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.tensor.Shape;

/**
 * The small generator that is made anew for every batch: linear, then as many doublings as lead
 * from a seed of at most 8 x 8 to the image, each BatchNorm, LeakyReLU, nearest upsampling, 3x3
 * convolution; at last BatchNorm, LeakyReLU and a 3x3 convolution to the image's channels. Sizes
 * that are no power of two times the seed are rounded up on the way down: 28 from 14 from 7; 75
 * from 38 from 19 from 10 from 5.
 *
 * @param width channels of the first feature map
 * @param image what is generated
 */
record Generator(int width, ImageSize image) {
    private static final double EPSILON = 1e-5;
    private static final double SLOPE = 0.2;
    private static final int LARGEST_SEED = 8;
    private static final int LEAST_WIDTH = 32;

    /**
     * Adds the generator; z is [B, latent + classes]. Returns images [B, H, W, C], not bounded in
     * value.
     */
    Value build(Graph g, Value z) {
        List<ImageSize> sizes = sizes();
        Value x = seed(g, z, sizes.get(0));
        for (int stage = 1; stage < sizes.size(); stage++) {
            ImageSize size = sizes.get(stage);
            x = activated(g, "bn" + (stage - 1), x);
            x = g.apply(new UpsampleNearest(size.height(), size.width()), x);
            // No bias: the BatchNorm that follows takes it out again.
            Value w = filters(g, "conv" + stage, x, channels(stage));
            x = g.apply(Conv2d.of(3, 1, 1, false), x, w);
        }
        x = activated(g, "bn" + (sizes.size() - 1), x);
        String last = "conv" + sizes.size();
        Value w = filters(g, last, x, image.channels());
        Value b = g.parameter(last + ".bias", Shape.of(image.channels()), new Init.Fill(0));
        return g.apply(Conv2d.of(3, 1, 1, true), x, w, b);
    }

    /** The feature maps' sizes, the seed first and the image last. */
    List<ImageSize> sizes() {
        List<ImageSize> sizes = new ArrayList<>(List.of(image));
        while (Math.max(sizes.get(0).height(), sizes.get(0).width()) > LARGEST_SEED) {
            ImageSize finer = sizes.get(0);
            sizes.add(0, new ImageSize((finer.height() + 1) / 2, (finer.width() + 1) / 2, width));
        }
        return sizes;
    }

    /**
     * Channels after a stage, counted from 1: constant for the first half of the stages, then
     * halved by each.
     */
    int channels(int stage) {
        int stages = sizes().size() - 1;
        int halvings = Math.max(0, stage - (stages + 1) / 2);
        return Math.max(width >> halvings, Math.min(LEAST_WIDTH, width / 2));
    }

    private Value seed(Graph g, Value z, ImageSize size) {
        long inputs = z.shape().get(1);
        int outputs = size.height() * size.width() * width;
        Init init = Init.fanInUniform(inputs);
        Value w = g.parameter("fc.weight", Shape.of(outputs, inputs), init);
        Value b = g.parameter("fc.bias", Shape.of(outputs), init);
        Shape map = Shape.of(z.shape().get(0), size.height(), size.width(), width);
        return g.apply(new Reshape(map), g.apply(new Linear(), z, w, b));
    }

    private static Value activated(Graph g, String name, Value x) {
        Shape c = Shape.of(x.shape().channels());
        Value gamma = g.parameter(name + ".weight", c, new Init.Normal(1, 0.02));
        Value beta = g.parameter(name + ".bias", c, new Init.Fill(0));
        Value y = g.first(BatchNorm.of(EPSILON), x, gamma, beta);
        return g.apply(Activate.leakyRelu(SLOPE), y);
    }

    private static Value filters(Graph g, String name, Value x, int channels) {
        Shape shape = Shape.of(channels, x.shape().channels(), 3, 3);
        return g.parameter(name + ".weight", shape, Init.kaimingNormal(9L * shape.get(1)));
    }
}

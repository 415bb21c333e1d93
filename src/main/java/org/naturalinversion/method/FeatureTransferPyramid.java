package org.naturalinversion.method;

import java.util.List;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.graph.op.UpsampleNearest;
import org.naturalinversion.tensor.Shape;

/**
 * The Feature Transfer Pyramid: brings the classifier's own features, coarsest first, into the
 * image (section "Feature Transfer Pyramid" of the paper). All convolutions have a bias; there is
 * no normalisation and no activation in between.
 *
 * <p>Every level is brought to the exact size of the next one by nearest upsampling, whatever their
 * ratio is (7 x 7 from 4 x 4, 112 x 112 to an image of 224 x 224): a pixel takes the feature that
 * lies over it. A map that is larger than the next level or the image, as wide padding makes them,
 * loses its rim, which looks at padding.
 */
record FeatureTransferPyramid() {
    /**
     * Adds the pyramid.
     *
     * @param x images [B, H, W, C]
     * @param taps feature maps [B, h, w, c], one or more, finest first
     * @return images in (-1, 1)
     */
    Value build(Graph g, Value x, List<Value> taps) {
        Value o = taps.get(taps.size() - 1);
        for (int i = taps.size() - 2; i >= 0; i--) {
            Value tap = taps.get(i);
            int channels = tap.shape().channels();
            o = convolution(g, "reduce." + i, resized(g, o, tap), channels, 1);
            o = convolution(g, "smooth." + i, g.apply(new Add(), o, tap), channels, 3);
        }
        int channels = x.shape().channels();
        Value image = convolution(g, "to_image", resized(g, o, x), channels, 1);
        Value blended = convolution(g, "blend", g.apply(new Add(), x, image), channels, 1);
        return g.apply(Activate.tanh(), blended);
    }

    private static Value resized(Graph g, Value x, Value like) {
        int height = like.shape().dim(1);
        int width = like.shape().dim(2);
        Value cropped = cropped(g, x, height, width);
        Shape size = cropped.shape();
        boolean same = size.get(1) == height && size.get(2) == width;
        return same ? cropped : g.apply(new UpsampleNearest(height, width), cropped);
    }

    /** The middle of x, where x is larger. */
    private static Value cropped(Graph g, Value x, int height, int width) {
        Shape size = x.shape();
        int top = Math.max(0, size.dim(1) - height) / 2;
        int left = Math.max(0, size.dim(2) - width) / 2;
        if (size.dim(1) <= height && size.dim(2) <= width) {
            return x;
        }
        return g.apply(
                new Slice(
                        List.of(0, top, left, 0),
                        List.of(
                                size.dim(0),
                                top + Math.min(size.dim(1), height),
                                left + Math.min(size.dim(2), width),
                                size.dim(3)),
                        List.of(1, 1, 1, 1)),
                x);
    }

    private static Value convolution(Graph g, String name, Value x, int channels, int kernel) {
        Shape filters = Shape.of(channels, x.shape().channels(), kernel, kernel);
        Init init = Init.fanInUniform(filters.elements() / channels);
        Value w = g.parameter(name + ".weight", filters, init);
        Value b = g.parameter(name + ".bias", Shape.of(channels), init);
        return g.apply(Conv2d.of(kernel, 1, kernel / 2, true), x, w, b);
    }
}

package org.naturalinversion.method;

import java.util.List;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.UpsampleNearest;
import org.naturalinversion.tensor.Shape;

/**
 * The Feature Transfer Pyramid: brings the classifier's own features, coarsest first, into the
 * image (section "Feature Transfer Pyramid" of the paper). All convolutions have a bias; there is
 * no normalisation and no activation in between.
 */
record FeatureTransferPyramid() {
    /**
     * Adds the pyramid.
     *
     * @param x images [B, H, W, C]
     * @param taps feature maps [B, h, w, c], finest first
     * @return images in (-1, 1)
     */
    Value build(Graph g, Value x, List<Value> taps) {
        Value o = taps.get(taps.size() - 1);
        for (int i = taps.size() - 2; i >= 0; i--) {
            Value tap = taps.get(i);
            int channels = tap.shape().channels();
            o = convolution(g, "reduce." + i, upsampled(g, o, tap), channels, 1);
            o = convolution(g, "smooth." + i, g.apply(new Add(), o, tap), channels, 3);
        }
        int channels = x.shape().channels();
        Value image = convolution(g, "to_image", upsampled(g, o, x), channels, 1);
        Value blended = convolution(g, "blend", g.apply(new Add(), x, image), channels, 1);
        return g.apply(Activate.tanh(), blended);
    }

    private static Value upsampled(Graph g, Value x, Value like) {
        Shape size = like.shape();
        boolean same = x.shape().get(1) == size.get(1) && x.shape().get(2) == size.get(2);
        return same ? x : g.apply(new UpsampleNearest(size.dim(1), size.dim(2)), x);
    }

    private static Value convolution(Graph g, String name, Value x, int channels, int kernel) {
        Shape filters = Shape.of(channels, x.shape().channels(), kernel, kernel);
        Init init = Init.fanInUniform(filters.elements() / channels);
        Value w = g.parameter(name + ".weight", filters, init);
        Value b = g.parameter(name + ".bias", Shape.of(channels), init);
        return g.apply(Conv2d.of(kernel, 1, kernel / 2, true), x, w, b);
    }
}

package org.naturalinversion.method;

import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.tensor.Shape;

/** Layers with trained weights, as both the generator and the pyramid use them. */
final class Parts {
    private Parts() {}

    /** A square convolution of stride 1 that keeps the size, with bias. */
    static Value convolution(
            Graph g, String name, Value x, int channels, int kernel, Init weight, Init bias) {
        Shape filters = Shape.of(channels, x.shape().channels(), kernel, kernel);
        return g.apply(
                Conv2d.of(kernel, 1, kernel / 2, true),
                x,
                g.parameter(name + ".weight", filters, weight),
                g.parameter(name + ".bias", Shape.of(channels), bias));
    }
}

package org.naturalinversion.model;

import org.naturalinversion.graph.Value;

/** A kind of network, up to its weights. */
public interface Architecture {
    /** The name that {@code --arch} takes. */
    String name();

    /** Number of classes. */
    int classes();

    /** What images it takes. */
    ImageSize input();

    /**
     * Adds the network to the layers' graph; x is [N, H, W, C]. Returns the logits [N, classes].
     */
    Value build(Layers layers, Value x);
}

package org.naturalinversion.model.io.onnx;

import java.util.List;

/** What a node does whose result depends on the image. */
@FunctionalInterface
interface Operator {
    /**
     * Records it.
     *
     * @return what its results stand for, as many as are known
     * @throws IllegalArgumentException if it cannot be done; says why, without naming the node
     */
    List<Symbol> apply(OnnxNode node, Recorder to, Pointwise pointwise);
}

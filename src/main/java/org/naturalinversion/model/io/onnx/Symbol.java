package org.naturalinversion.model.io.onnx;

import org.naturalinversion.tensor.Shape;

/** What a name in an ONNX graph stands for while the graph is read. */
sealed interface Symbol permits Constant, View {
    /** The extents that ONNX sees. */
    Shape shape();
}

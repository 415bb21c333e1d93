package org.naturalinversion.model.io.onnx;

import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * A frozen BatchNorm layer as y = scale x + shift, channel by channel: what it does to the weights
 * of the layer before it.
 */
record BatchNormScale(double[] scale, double[] shift) {
    /** The scale and shift of a {@link FoldBatchNorm} node. */
    static BatchNormScale of(Node fold) {
        float[] gamma = ValueNames.weight(fold.input(0)).toFloats();
        float[] beta = ValueNames.weight(fold.input(1)).toFloats();
        float[] mean = ValueNames.weight(fold.input(2)).toFloats();
        float[] var = ValueNames.weight(fold.input(3)).toFloats();
        double epsilon = ((FoldBatchNorm) fold.op()).epsilon();
        double[] scale = new double[gamma.length];
        double[] shift = new double[gamma.length];
        for (int c = 0; c < gamma.length; c++) {
            scale[c] = gamma[c] / Math.sqrt(var[c] + epsilon);
            shift[c] = beta[c] - mean[c] * scale[c];
        }
        return new BatchNormScale(scale, shift);
    }

    /** The weights [O, ...], multiplied. */
    HostTensor weights(HostTensor weights) {
        float[] w = weights.toFloats();
        int each = w.length / scale.length;
        for (int i = 0; i < w.length; i++) {
            w[i] = (float) (w[i] * scale[i / each]);
        }
        return HostTensor.of(weights.shape(), w);
    }

    /** The bias [O], which may be null, multiplied and moved. */
    HostTensor bias(HostTensor bias) {
        float[] before = bias == null ? new float[scale.length] : bias.toFloats();
        float[] after = new float[scale.length];
        for (int c = 0; c < scale.length; c++) {
            after[c] = (float) (before[c] * scale[c] + shift[c]);
        }
        return HostTensor.of(Shape.of(scale.length), after);
    }
}

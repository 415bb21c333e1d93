package org.naturalinversion.method;

import java.util.List;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.L2Norm;
import org.naturalinversion.graph.op.SoftmaxCrossEntropy;
import org.naturalinversion.graph.op.TotalVariation;
import org.naturalinversion.graph.op.WeightedSum;
import org.naturalinversion.model.Applied;
import org.naturalinversion.model.BatchNormDistance;

/**
 * What is minimised: the label's cross-entropy, and how far the images are from the training data
 * as its BatchNorm statistics tell, with two mild priors on images. No norm is squared.
 *
 * @param total the weighted sum
 * @param terms total, cross-entropy, BatchNorm distance, total variation, L2 norm: scalars without
 *     weights but for the first
 * @param statistics of the input of every BatchNorm layer that counts, in forward order
 */
record Objective(Value total, List<Value> terms, List<BatchNormDistance.Statistics> statistics) {
    /**
     * Adds the loss.
     *
     * @param x images [B, H, W, C]
     * @param teacher the classifier, applied to them
     * @param targets int32 [B]
     */
    static Objective of(
            Graph g, Value x, Applied teacher, Value targets, Settings.Weights weights) {
        Value crossEntropy = g.first(new SoftmaxCrossEntropy(), teacher.logits(), targets);
        BatchNormDistance distance = BatchNormDistance.of(g, teacher.batchNorms());
        Value variation = g.first(new TotalVariation(), x);
        Value l2 = g.apply(new L2Norm(), x);
        WeightedSum sum =
                new WeightedSum(List.of(weights.ce(), weights.bn(), weights.tv(), weights.l2()));
        Value total = g.apply(sum, crossEntropy, distance.total(), variation, l2);
        List<Value> terms = List.of(total, crossEntropy, distance.total(), variation, l2);
        return new Objective(total, terms, distance.statistics());
    }
}

package org.naturalinversion.method;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.ChannelStatistics;
import org.naturalinversion.graph.op.L2Norm;
import org.naturalinversion.graph.op.SoftmaxCrossEntropy;
import org.naturalinversion.graph.op.StatisticsDistance;
import org.naturalinversion.graph.op.TotalVariation;
import org.naturalinversion.graph.op.WeightedSum;
import org.naturalinversion.model.Applied;
import org.naturalinversion.model.BatchNormLayer;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * What is minimised: the label's cross-entropy, and how far the images are from the training data
 * as its BatchNorm statistics tell, with two mild priors on images. No norm is squared.
 *
 * @param total the weighted sum
 * @param terms total, cross-entropy, BatchNorm distance, total variation, L2 norm: scalars without
 *     weights but for the first
 * @param statistics of the input of every BatchNorm layer that counts, in forward order
 */
record Objective(Value total, List<Value> terms, List<Statistics> statistics) {
    /** Mean and biased variance of a BatchNorm layer's input, [C] each. */
    record Statistics(Value mean, Value var) {}

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
        List<Statistics> statistics = new ArrayList<>();
        Value distance = batchNormDistance(g, teacher.batchNorms(), statistics);
        Value variation = g.first(new TotalVariation(), x);
        Value l2 = g.apply(new L2Norm(), x);
        WeightedSum sum =
                new WeightedSum(List.of(weights.ce(), weights.bn(), weights.tv(), weights.l2()));
        Value total = g.apply(sum, crossEntropy, distance, variation, l2);
        List<Value> terms = List.of(total, crossEntropy, distance, variation, l2);
        return new Objective(total, terms, statistics);
    }

    /**
     * Over all BatchNorm layers with statistics of data: how far mean and variance of the layer's
     * input are from the running ones. Nothing where there is no such layer.
     */
    private static Value batchNormDistance(
            Graph g, List<BatchNormLayer> layers, List<Statistics> statistics) {
        List<Value> distances = new ArrayList<>();
        for (BatchNormLayer layer : layers) {
            if (layer.problem().isPresent()) {
                continue;
            }
            List<Value> found = g.applyAll(new ChannelStatistics(), List.of(layer.input()));
            Statistics of = new Statistics(found.get(0), found.get(1));
            statistics.add(of);
            StatisticsDistance distance = new StatisticsDistance();
            distances.add(g.first(distance, of.mean(), of.var(), layer.mean(), layer.var()));
        }
        if (distances.isEmpty()) {
            return g.constant("no distance", HostTensor.of(Shape.SCALAR, 0f));
        }
        WeightedSum sum = new WeightedSum(Collections.nCopies(distances.size(), 1.0));
        return g.apply(sum, distances.toArray(Value[]::new));
    }
}

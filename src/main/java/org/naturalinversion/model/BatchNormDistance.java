package org.naturalinversion.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.ChannelStatistics;
import org.naturalinversion.graph.op.StatisticsDistance;
import org.naturalinversion.graph.op.WeightedSum;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * How far a batch is from the training data as a classifier's BatchNorm layers tell: over all of
 * them, the L2 norms of what mean and variance of the layer's input differ by from the running
 * ones.
 *
 * @param total the sum over all layers, a scalar
 * @param statistics of the input of every layer that counts, in forward order
 */
public record BatchNormDistance(Value total, List<Statistics> statistics) {
    /** Mean and biased variance of a BatchNorm layer's input, [C] each. */
    public record Statistics(Value mean, Value var) {}

    /**
     * Adds the distance to the layers' graph. Layers whose running statistics cannot be those of
     * data do not count; where none is left, the distance is 0.
     */
    public static BatchNormDistance of(Graph g, List<BatchNormLayer> layers) {
        List<Statistics> statistics = new ArrayList<>();
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
            Value none = g.constant("no distance", HostTensor.of(Shape.SCALAR, 0f));
            return new BatchNormDistance(none, statistics);
        }
        WeightedSum sum = new WeightedSum(Collections.nCopies(distances.size(), 1.0));
        return new BatchNormDistance(g.apply(sum, distances.toArray(Value[]::new)), statistics);
    }
}

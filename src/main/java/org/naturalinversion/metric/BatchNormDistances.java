package org.naturalinversion.metric;

import java.util.List;
import java.util.OptionalDouble;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.BatchNormDistance;
import org.naturalinversion.model.BatchNormLayer;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.tensor.HostTensor;

/** Measures what the inversion minimises: how far images are from a classifier's training data. */
public final class BatchNormDistances {
    private BatchNormDistances() {}

    /**
     * The {@link BatchNormDistance} of images.
     *
     * @param images float32 [N, H, W, C] in the classifier's normalised input space
     * @return the sum over all layers; empty for a classifier without BatchNorm
     */
    public static OptionalDouble of(
            Engine engine, Classifier classifier, HostTensor images, Precision precision) {
        Graph graph = new Graph();
        Value input = graph.input("image", Type.feature(images.shape()));
        List<BatchNormLayer> layers = classifier.apply(graph, input).batchNorms();
        if (layers.isEmpty()) {
            return OptionalDouble.empty();
        }
        Value distance = BatchNormDistance.of(graph, layers).total();
        try (Plan plan = engine.compiler(graph).precision(precision).outputs(distance).compile()) {
            plan.write(input, images);
            plan.step();
            return OptionalDouble.of(plan.read(distance).toFloats()[0]);
        }
    }
}

package org.naturalinversion.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.model.Applied;
import org.naturalinversion.model.BatchNormLayer;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.tensor.HostTensor;

/**
 * What a classifier is, and whether it can be inverted.
 *
 * @param architecture its name in the zoo
 * @param parameters trained numbers, running statistics not counted
 * @param macs multiply-adds of one image's forward pass
 * @param bnLayers number of BatchNorm layers
 * @param bnProblems what is wrong with their running statistics, a line each
 * @param taps feature maps that the pyramid reads, finest first
 * @param input the images it takes
 * @param classes number of classes
 * @param invertible whether {@code synthesize} can work with it
 * @param reason why or why not
 */
public record Inspection(
        String architecture,
        long parameters,
        long macs,
        int bnLayers,
        List<String> bnProblems,
        List<Tap> taps,
        ImageSize input,
        int classes,
        boolean invertible,
        String reason) {

    /** A feature map of one image. */
    public record Tap(int channels, int height, int width) {}

    /** Looks at a classifier. */
    public static Inspection of(Classifier classifier) {
        Applied applied = classifier.applyAlone(1);
        List<BatchNormLayer> layers = applied.batchNorms();
        List<String> problems = new ArrayList<>();
        layers.forEach(layer -> problem(layer.name(), classifier.weights(), problems));
        boolean invertible = !layers.isEmpty() && problems.isEmpty();
        return new Inspection(
                classifier.architecture().name(),
                parameters(classifier.weights()),
                applied.nodes().stream().mapToLong(Inspection::macs).sum(),
                layers.size(),
                problems,
                applied.taps().stream().map(Inspection::tap).toList(),
                classifier.input(),
                classifier.classes(),
                invertible,
                reason(layers.size(), problems.size()));
    }

    private static String reason(int layers, int problems) {
        if (layers == 0) {
            return "it has no BatchNorm layers, whose statistics the images are held to";
        } else if (problems > 0) {
            return "the running statistics of %d of %d BatchNorm layers cannot be those of data"
                    .formatted(problems, layers);
        }
        return "it has %d BatchNorm layers with running statistics of data".formatted(layers);
    }

    /** Running statistics that no data can have had, or that were never updated. */
    private static void problem(
            String layer, Map<String, HostTensor> weights, List<String> problems) {
        float[] mean = weights.get(layer + ".running_mean").toFloats();
        float[] var = weights.get(layer + ".running_var").toFloats();
        boolean untouched = true;
        for (int i = 0; i < mean.length; i++) {
            untouched &= mean[i] == 0 && var[i] == 1;
            if (!Float.isFinite(mean[i]) || !Float.isFinite(var[i])) {
                problems.add("%s: channel %d is not finite".formatted(layer, i));
                return;
            }
            if (var[i] <= 0) {
                problems.add("%s: channel %d has variance %s".formatted(layer, i, var[i]));
                return;
            }
        }
        if (untouched) {
            problems.add(layer + ": mean 0 and variance 1, as before any training");
        }
    }

    private static long parameters(Map<String, HostTensor> weights) {
        return weights.entrySet().stream()
                .filter(
                        e ->
                                !e.getKey().contains("running_")
                                        && !e.getKey().contains("num_batches"))
                .mapToLong(e -> e.getValue().shape().elements())
                .sum();
    }

    private static long macs(Node node) {
        if (node.op() instanceof Conv2d) {
            Value weights = node.input(1);
            return node.output(0).shape().elements()
                    * (weights.shape().elements() / weights.shape().get(0));
        }
        return node.op() instanceof Linear ? node.input(1).shape().elements() : 0;
    }

    private static Tap tap(Value value) {
        return new Tap(value.shape().dim(3), value.shape().dim(1), value.shape().dim(2));
    }
}

package org.naturalinversion.app;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.naturalinversion.graph.Leaf;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.model.Applied;
import org.naturalinversion.model.BatchNormLayer;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * What a classifier is, and whether it can be inverted.
 *
 * @param architecture its name in the zoo
 * @param parameters trained numbers, running statistics not counted
 * @param macs multiply-adds of one image's forward pass
 * @param bnLayers number of BatchNorm layers
 * @param bnWhere what they normalise, in forward order
 * @param bnProblems what is wrong with their running statistics, a line each
 * @param taps feature maps that the pyramid reads, finest first
 * @param input the images it takes
 * @param classes number of classes
 * @param invertible whether {@code synthesize} can work with it as it is
 * @param reason why or why not
 * @param forecast what that will take; null if not asked for
 */
public record Inspection(
        String architecture,
        long parameters,
        long macs,
        int bnLayers,
        List<Layer> bnWhere,
        List<String> bnProblems,
        List<Tap> taps,
        ImageSize input,
        int classes,
        boolean invertible,
        String reason,
        @JsonUnwrapped Forecast forecast) {

    /** A BatchNorm layer and its input for one image. */
    public record Layer(String name, int channels, int height, int width) {}

    /**
     * A feature map of one image.
     *
     * @param receptiveField how many pixels of the image, along the longer axis, one of its pixels
     *     can depend on
     */
    public record Tap(int channels, int height, int width, int receptiveField) {}

    /** A pyramid has this many levels at least. */
    private static final int LEVELS = 2;

    /** Looks at a classifier. */
    public static Inspection of(Classifier classifier) {
        Applied applied = classifier.applyAlone(1);
        List<BatchNormLayer> layers = applied.batchNorms();
        List<String> problems =
                layers.stream().map(BatchNormLayer::problem).flatMap(Optional::stream).toList();
        List<Tap> taps = applied.taps().stream().map(v -> tap(applied, v)).toList();
        List<String> lacks = new ArrayList<>();
        if (layers.isEmpty()) {
            lacks.add(noLayers(applied.nodes()));
        } else if (!problems.isEmpty()) {
            lacks.add(
                    "the running statistics of %d of %d BatchNorm layers cannot be those of data;"
                                    .formatted(problems.size(), layers.size())
                            + " --allow-missing-bn continues with the others");
        }
        if (taps.size() < LEVELS) {
            lacks.add(
                    "the pyramid needs activated feature maps of %d resolutions or more, it has %d;"
                                    .formatted(LEVELS, taps.size())
                            + " --no-ftp continues without a pyramid");
        }
        return new Inspection(
                classifier.architecture().name(),
                parameters(applied.nodes(), layers),
                applied.nodes().stream().mapToLong(Inspection::macs).sum(),
                layers.size(),
                layers.stream().map(Inspection::layer).toList(),
                problems,
                taps,
                classifier.input(),
                classifier.classes(),
                lacks.isEmpty(),
                lacks.isEmpty()
                        ? "it has %d BatchNorm layers with running statistics of data"
                                .formatted(layers.size())
                        : String.join("; ", lacks),
                null);
    }

    /** The same, with what inversion will take. */
    public Inspection with(Forecast what) {
        return new Inspection(
                architecture,
                parameters,
                macs,
                bnLayers,
                bnWhere,
                bnProblems,
                taps,
                input,
                classes,
                invertible,
                reason,
                what);
    }

    /** Whether images cannot be held to BatchNorm statistics, or not to those of all layers. */
    public boolean lacksBatchNorm() {
        return bnLayers == 0 || !bnProblems.isEmpty();
    }

    /** Whether there are too few taps for a pyramid. */
    public boolean lacksTaps() {
        return taps.size() < LEVELS;
    }

    private static String noLayers(List<Node> nodes) {
        boolean folded = nodes.stream().anyMatch(n -> n.op() instanceof Conv2d conv && conv.bias());
        return "it has no BatchNorm layers, and the method needs their statistics"
                + (folded
                        ? "; its convolutions have biases: if an exporter folded the layers in,"
                                + " export with training=TrainingMode.PRESERVE and"
                                + " do_constant_folding=False, or use the checkpoint itself"
                        : "")
                + "; --allow-missing-bn continues without them";
    }

    private static long parameters(List<Node> nodes, List<BatchNormLayer> layers) {
        Set<HostTensor> trained = Collections.newSetFromMap(new IdentityHashMap<>());
        nodes.forEach(node -> tensor(node).ifPresent(trained::add));
        for (BatchNormLayer layer : layers) {
            tensor(layer.mean().node()).ifPresent(trained::remove);
            tensor(layer.var().node()).ifPresent(trained::remove);
        }
        return trained.stream().mapToLong(t -> t.shape().elements()).sum();
    }

    private static Optional<HostTensor> tensor(Node node) {
        return node.op() instanceof Leaf.Constant constant
                ? Optional.of(constant.tensor())
                : Optional.empty();
    }

    private static long macs(Node node) {
        if (node.op() instanceof Conv2d) {
            Value weights = node.input(1);
            return node.output(0).shape().elements()
                    * (weights.shape().elements() / weights.shape().get(0));
        }
        return node.op() instanceof Linear ? node.input(1).shape().elements() : 0;
    }

    private static Layer layer(BatchNormLayer layer) {
        Shape shape = layer.input().shape();
        boolean map = shape.rank() == 4;
        return new Layer(
                layer.name(), shape.channels(), map ? shape.dim(1) : 1, map ? shape.dim(2) : 1);
    }

    private static Tap tap(Applied applied, Value map) {
        Shape shape = map.shape();
        return new Tap(shape.dim(3), shape.dim(1), shape.dim(2), applied.receptiveField(map));
    }
}

package org.naturalinversion.model;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Leaf;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.BatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Gives classifiers of random weights the statistics that blotchy noise has in them. */
public final class Calibration {
    private static final double EPSILON = 1e-5;

    private Calibration() {}

    /** The classifier with running statistics of one batch. */
    public static Classifier calibrated(Engine engine, Classifier classifier, int batch) {
        Applied applied = classifier.applyAlone(batch);
        Graph g = new Graph();
        Set<Node> inside = new HashSet<>(applied.nodes());
        Map<Value, Value> copies = new HashMap<>();
        Map<String, Value> statistics = new LinkedHashMap<>();
        Value image = null;
        for (Node node : applied.nodes()) {
            for (Value input : node.inputs()) {
                if (!inside.contains(input.node()) && image == null) {
                    image = g.input("image", Type.feature(input.shape()));
                    copies.put(input, image);
                }
            }
            List<Value> inputs = node.inputs().stream().map(copies::get).toList();
            if (node.op() instanceof FrozenBatchNorm) {
                Node fold = node.input(1).node();
                List<Value> outputs =
                        g.applyAll(
                                BatchNorm.of(EPSILON),
                                List.of(
                                        inputs.get(0),
                                        copies.get(fold.input(0)),
                                        copies.get(fold.input(1))));
                copies.put(node.output(0), outputs.get(0));
                statistics.put(fold.input(2).node().op().label(), outputs.get(1));
                statistics.put(fold.input(3).node().op().label(), outputs.get(2));
            } else if (node.op() instanceof Leaf.Constant constant) {
                copies.put(node.output(0), g.constant(constant.name(), constant.tensor()));
            } else {
                List<Value> outputs = g.applyAll(node.op(), inputs);
                for (int i = 0; i < outputs.size(); i++) {
                    copies.put(node.output(i), outputs.get(i));
                }
            }
        }
        Map<String, HostTensor> weights = new LinkedHashMap<>(classifier.weights());
        Value[] outputs = statistics.values().toArray(Value[]::new);
        try (Plan plan = engine.compiler(g).outputs(outputs).compile()) {
            plan.write(image, noise(image.shape()));
            plan.step();
            statistics.forEach((name, value) -> weights.put(name, plan.read(value)));
        }
        return new Classifier(classifier.architecture(), weights, classifier.normalization());
    }

    /** Noise in squares of 1, 2, 4 ... pixels, all equally strong: about as natural images have. */
    private static HostTensor noise(Shape shape) {
        Random random = new Random(2);
        int height = shape.dim(1);
        int width = shape.dim(2);
        int channels = shape.channels();
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int square = 1; square <= height; square *= 2) {
            int across = (width + square - 1) / square;
            int down = (height + square - 1) / square;
            for (int n = 0; n < shape.dim(0); n++) {
                float[] shades = new float[down * across * channels];
                for (int i = 0; i < shades.length; i++) {
                    shades[i] = 0.5f * (float) random.nextGaussian();
                }
                for (int i = 0; i < height * width * channels; i++) {
                    int c = i % channels;
                    int x = i / channels % width / square;
                    int y = i / channels / width / square;
                    values[n * height * width * channels + i] +=
                            shades[(y * across + x) * channels + c];
                }
            }
        }
        return HostTensor.of(shape, values);
    }
}

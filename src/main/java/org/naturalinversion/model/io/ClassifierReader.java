package org.naturalinversion.model.io;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Type;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.zoo.Zoo;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Reads a classifier: weights from a file, put into an architecture of the zoo. */
public final class ClassifierReader {
    /** How many tensors a complaint names of each kind. */
    private static final int NAMED = 4;

    /** What BatchNorm layers count beside their statistics; nothing depends on it. */
    private static final String COUNTER = "num_batches_tracked";

    private static final int RGB = 3;

    private ClassifierReader() {}

    /**
     * Reads a classifier. The number of classes and of image channels follow from the weights.
     *
     * @param arch name of an architecture of the {@link Zoo}; null for the one that the file names,
     *     or where it names none, that fits
     * @param normalization what the classifier does to pixels first; null for what the file says,
     *     or where it says nothing, ImageNet's
     * @param inputSize extent of its square images in pixels; null for what the file says, or where
     *     it says nothing, 32
     * @throws ModelFileException if the file cannot be read, does not fit the architecture (the
     *     message lists the tensors with the shapes found and expected), or has values that are not
     *     finite
     * @throws IllegalArgumentException if there is no such architecture, or the normalisation is
     *     for another number of channels
     */
    public static Classifier read(
            Path file, String arch, Normalization normalization, Integer inputSize) {
        Weights weights = Weights.read(file);
        ClassifierMetadata said = ClassifierMetadata.of(weights);
        String name = arch != null ? arch : said.architecture();
        ImageSize input = inputSize == null ? said.input() : squares(inputSize);
        Architecture architecture =
                name == null ? fitting(weights, input) : architecture(name, weights, input);
        requireFit(weights, architecture);
        weights.requireFinite();
        return new Classifier(
                architecture,
                weights.tensors(),
                normalization == null ? said.normalization() : normalization);
    }

    private static ImageSize squares(int extent) {
        return new ImageSize(extent, extent, RGB);
    }

    /** The names and shapes of all weights that an architecture asks for, in forward order. */
    public static Map<String, Shape> expected(Architecture architecture) {
        Map<String, Shape> expected = new LinkedHashMap<>();
        ImageSize size = architecture.input();
        Graph graph = new Graph();
        Layers layers =
                new Layers(
                        graph,
                        (g, name, shape) -> {
                            expected.put(name, shape);
                            return g.input(name, Type.exact(shape.toArray()));
                        });
        Shape image = Shape.of(1, size.height(), size.width(), size.channels());
        architecture.build(layers, graph.input("image", Type.feature(image)));
        return expected;
    }

    /** The architecture of a name, with as many classes and channels as the weights have. */
    private static Architecture architecture(String arch, Weights weights, ImageSize input) {
        Architecture draft = Zoo.find(arch, 10, input);
        List<String> names = List.copyOf(expected(draft).keySet());
        // Architectures begin with a convolution [O, channels, ...] and end with a linear layer
        // [classes, ...] and its bias.
        int channels = extent(weights, names.get(0), 1, input.channels());
        int classes = extent(weights, names.get(names.size() - 1), 0, 10);
        return Zoo.find(arch, classes, new ImageSize(input.height(), input.width(), channels));
    }

    /** The first architecture of the zoo that the weights fit. */
    private static Architecture fitting(Weights weights, ImageSize input) {
        return Zoo.names().stream()
                .map(name -> architecture(name, weights, input))
                .filter(candidate -> misfits(weights, candidate).isEmpty())
                .findFirst()
                .orElseThrow(
                        () ->
                                new ModelFileException(
                                        weights.file(),
                                        "fits none of "
                                                + String.join(", ", Zoo.names())
                                                + "; name the one that it should fit, to see what does"
                                                + " not"));
    }

    private static int extent(Weights weights, String name, int axis, int otherwise) {
        HostTensor tensor = weights.tensors().get(name);
        boolean known =
                tensor != null && tensor.shape().rank() > axis && tensor.shape().get(axis) > 0;
        return known ? tensor.shape().dim(axis) : otherwise;
    }

    private static void requireFit(Weights weights, Architecture architecture) {
        List<String> misfits = misfits(weights, architecture);
        if (!misfits.isEmpty()) {
            throw new ModelFileException(
                    weights.file(),
                    "does not fit %s: %s"
                            .formatted(architecture.name(), String.join("; ", misfits)));
        }
    }

    /** What does not fit, by kind. */
    private static List<String> misfits(Weights weights, Architecture architecture) {
        List<String> missing = new ArrayList<>();
        List<String> misshapen = new ArrayList<>();
        Map<String, Shape> expected = expected(architecture);
        expected.forEach(
                (name, shape) -> {
                    HostTensor tensor = weights.tensors().get(name);
                    if (tensor == null) {
                        missing.add(name + " " + shape);
                    } else if (!tensor.shape().equals(shape)) {
                        misshapen.add("%s is %s, not %s".formatted(name, tensor.shape(), shape));
                    }
                });
        Set<String> left = new TreeSet<>(weights.tensors().keySet());
        left.removeAll(expected.keySet());
        left.removeIf(name -> name.endsWith(COUNTER));
        List<String> faults = new ArrayList<>();
        describe(faults, "wrong shape: ", misshapen);
        describe(faults, "missing: ", missing);
        describe(faults, "unknown: ", List.copyOf(left));
        return faults;
    }

    private static void describe(List<String> faults, String kind, List<String> tensors) {
        if (!tensors.isEmpty()) {
            int more = tensors.size() - NAMED;
            String named = String.join(", ", tensors.subList(0, Math.min(NAMED, tensors.size())));
            faults.add(kind + named + (more > 0 ? " and " + more + " more" : ""));
        }
    }
}

package org.naturalinversion.model.io;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Type;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.onnx.OnnxModel;
import org.naturalinversion.model.io.onnx.OnnxReader;
import org.naturalinversion.model.zoo.Zoo;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * Reads a classifier: weights from a file, put into an architecture of the zoo, or an ONNX file,
 * which has both.
 */
public final class ClassifierReader {
    private static final int RGB = 3;

    private ClassifierReader() {}

    /**
     * Reads a classifier. Of a file of weights, the number of classes and of image channels follow
     * from the weights, and names that other code bases give them are understood. The weights
     * become float32.
     *
     * @param arch name of an architecture of the {@link Zoo}; null for the one that the file names,
     *     or where it names none, that fits. Where several do, the one made for images of the size
     *     nearest to what is said; then the first by name
     * @param normalization what the classifier does to pixels first; null for what the file says,
     *     or where it says nothing, ImageNet's in colours, and pixels as they are else
     * @param inputSize extent of its square images in pixels; null for what the file says, or where
     *     it says nothing, what the architecture was made for
     * @throws MisfitException if the weights do not fit the architecture, or any
     * @throws ModelFileException if the file cannot be read, names an architecture that there is
     *     not, or has values that are not finite
     * @throws IllegalArgumentException if there is no such architecture, or one is given for an
     *     ONNX file; if it cannot work with images of that size, or the normalisation is for
     *     another number of channels
     */
    public static Classifier read(
            Path file, String arch, Normalization normalization, Integer inputSize) {
        try (ModelFile opened = ModelFile.open(file)) {
            return read(opened, arch, normalization, inputSize);
        }
    }

    /** Reads a classifier from a file that the caller closes; see above. */
    public static Classifier read(
            ModelFile opened, String arch, Normalization normalization, Integer inputSize) {
        if (OnnxReader.isPlausible(opened)) {
            return readOnnx(opened, arch, normalization, inputSize);
        }
        Path file = opened.path();
        Weights weights = Weights.read(opened);
        ClassifierMetadata said = ClassifierMetadata.of(weights);
        ImageSize input =
                inputSize == null ? said.input() : new ImageSize(inputSize, inputSize, RGB);
        String wanted = arch == null ? known(said.architecture(), file) : arch;
        Fit fit = wholeFit(weights, wanted, input);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        fit.matches().forEach((name, tensor) -> tensors.put(name, tensor.asFloat32()));
        new Weights(file, weights.format(), weights.metadata(), tensors).requireFinite();
        return classifier(fit.architecture(), tensors, normalization, said);
    }

    /** An explicit normalisation overrides the file's, if it has one. */
    private static Classifier classifier(
            Architecture architecture,
            Map<String, HostTensor> tensors,
            Normalization told,
            ClassifierMetadata said) {
        Normalization known = told == null ? said.normalization() : told;
        return new Classifier(
                architecture,
                tensors,
                known == null ? usual(architecture.input().channels()) : known);
    }

    private static Normalization usual(int channels) {
        return channels == RGB
                ? Normalization.Preset.IMAGENET.normalization()
                : Normalization.Preset.NONE.normalization();
    }

    private static String known(String said, Path file) {
        if (said != null && !Zoo.names().contains(said)) {
            throw new ModelFileException(
                    file,
                    "names the unknown architecture %s; known are %s"
                            .formatted(
                                    ModelFileException.quote(said),
                                    String.join(", ", Zoo.names())));
        }
        return said;
    }

    /** A file that has the network too, and says what images it takes. */
    private static Classifier readOnnx(
            ModelFile file, String arch, Normalization normalization, Integer inputSize) {
        if (arch != null) {
            throw new IllegalArgumentException(
                    "%s is an ONNX file, which contains its architecture; omit --arch"
                            .formatted(file.path()));
        }
        OnnxModel model = OnnxReader.read(file, inputSize);
        Weights weights =
                new Weights(file.path(), Weights.Format.ONNX, model.metadata(), model.weights());
        ClassifierMetadata said = ClassifierMetadata.of(weights);
        weights.requireFinite();
        return classifier(model.architecture(), weights.tensors(), normalization, said);
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

    /**
     * The whole fit to the architecture of a name, or where there is no name, to any.
     *
     * @throws MisfitException if there is none
     */
    private static Fit wholeFit(Weights weights, String arch, ImageSize input) {
        Names names = new Names(weights.tensors().keySet());
        Fit fit = arch == null ? bestFit(weights, names, input) : fit(weights, names, arch, input);
        if (fit.isWhole()) {
            return fit;
        }
        String problem;
        if (arch == null) {
            problem =
                    "fits no architecture; the nearest is %s, with %d of %d tensors"
                            .formatted(
                                    fit.architecture().name(),
                                    fit.matches().size(),
                                    fit.expected());
        } else {
            Fit other = bestFit(weights, names, input);
            problem =
                    "does not fit %s%s"
                            .formatted(
                                    arch,
                                    other.isWhole()
                                            ? ", but fits " + other.architecture().name()
                                            : "");
        }
        throw new MisfitException(weights.file(), problem + ": " + fit.summary(), fit);
    }

    /**
     * The fit to the architecture that the weights fit best; of equals to the one made for images
     * of the nearest size, then to the first by name.
     */
    private static Fit bestFit(Weights weights, Names names, ImageSize input) {
        return Zoo.names().stream()
                .flatMap(arch -> tryFit(weights, names, arch, input).stream())
                .min(
                        Comparator.comparingDouble(Fit::share)
                                .reversed()
                                .thenComparing(ClassifierReader::resize))
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "no architecture works with images of " + input));
    }

    private static Optional<Fit> tryFit(
            Weights weights, Names names, String arch, ImageSize input) {
        try {
            return Optional.of(fit(weights, names, arch, input));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // it cannot work with images of that size
        }
    }

    private static Fit fit(Weights weights, Names names, String arch, ImageSize input) {
        return Fit.of(weights, names, arch, input == null ? Zoo.input(arch) : input);
    }

    /** How far the images are from those that the architecture was made for, in pixels. */
    private static int resize(Fit fit) {
        Architecture architecture = fit.architecture();
        return Math.abs(architecture.input().height() - Zoo.input(architecture.name()).height());
    }
}

package org.naturalinversion.model.io;

import static org.naturalinversion.model.io.ModelFileException.shorten;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.EditDistance;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.io.Misfit.Kind;
import org.naturalinversion.model.zoo.Zoo;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * How a file's tensors fit an architecture.
 *
 * @param architecture with as many classes and image channels as the tensors have
 * @param matches the tensors that fit, by the architecture's names
 * @param missing shapes of those that the file lacks
 * @param misshapen those of another shape than expected, with the one expected
 * @param unknown shapes of those that the architecture has not
 */
public record Fit(
        Architecture architecture,
        Map<String, HostTensor> matches,
        Map<String, Shape> missing,
        Map<String, Misshapen> misshapen,
        Map<String, Shape> unknown) {
    /** Two shapes of one tensor. */
    public record Misshapen(Shape found, Shape expected) {}

    /** What training leaves beside the weights; nothing depends on it. */
    private static final List<String> COUNTERS =
            List.of("num_batches_tracked", "total_ops", "total_params");

    /** How many tensors a summary names of each kind. */
    private static final int NAMED = 3;

    /** How many tensors are said to be nearest to one. */
    private static final int NEAREST = 2;

    /** How many tensors are compared with each other; there are more only in files of mischief. */
    private static final int COMPARED = 500;

    /** As many classes and channels as weights could ever have. */
    private static final int LARGEST_EXTENT = 1 << 20;

    /**
     * Fits tensors to the architecture of a name.
     *
     * @param names the tensors' names
     * @param input the images; their channels only count where the tensors do not tell
     * @throws IllegalArgumentException if there is no such architecture, or it cannot work with
     *     images of that size
     */
    static Fit of(Weights weights, Names names, String arch, ImageSize input) {
        Architecture draft = Zoo.find(arch, 10, input);
        List<String> drafted = List.copyOf(ClassifierReader.expected(draft).keySet());
        Map<String, String> drafts = names.of(drafted);
        // Architectures begin with a convolution [O, channels, ...] and end with a linear layer
        // [classes, ...] and its bias.
        String first = drafts.get(drafted.get(0));
        String last = drafts.get(drafted.get(drafted.size() - 1));
        int channels = extent(weights.tensors().get(first), 1, input.channels());
        int classes = extent(weights.tensors().get(last), 0, draft.classes());
        ImageSize images = new ImageSize(input.height(), input.width(), channels);
        return of(weights, names, Zoo.find(arch, classes, images));
    }

    private static Fit of(Weights weights, Names names, Architecture architecture) {
        Map<String, Shape> expected = ClassifierReader.expected(architecture);
        Map<String, String> found = names.of(expected.keySet());
        Map<String, HostTensor> left = new LinkedHashMap<>(weights.tensors());
        left.keySet().removeIf(name -> COUNTERS.stream().anyMatch(name::endsWith));
        Map<String, HostTensor> matches = new LinkedHashMap<>();
        Map<String, Shape> missing = new LinkedHashMap<>();
        Map<String, Misshapen> misshapen = new LinkedHashMap<>();
        expected.forEach(
                (name, shape) -> {
                    HostTensor tensor = left.remove(found.get(name));
                    if (tensor == null) {
                        missing.put(name, shape);
                    } else if (tensor.shape().equals(shape)) {
                        matches.put(name, tensor);
                    } else {
                        misshapen.put(name, new Misshapen(tensor.shape(), shape));
                    }
                });
        Map<String, Shape> unknown = new LinkedHashMap<>();
        left.forEach((name, tensor) -> unknown.put(name, tensor.shape()));
        return new Fit(architecture, matches, missing, misshapen, unknown);
    }

    private static int extent(HostTensor tensor, int axis, int otherwise) {
        boolean known =
                tensor != null
                        && tensor.shape().rank() > axis
                        && tensor.shape().get(axis) > 0
                        && tensor.shape().get(axis) <= LARGEST_EXTENT;
        return known ? tensor.shape().dim(axis) : otherwise;
    }

    /** Whether every tensor has its place and every place its tensor. */
    boolean isWhole() {
        return missing.isEmpty() && misshapen.isEmpty() && unknown.isEmpty();
    }

    /** The share of places and tensors that found each other. */
    double share() {
        int all = matches.size() + missing.size() + misshapen.size() + unknown.size();
        return (double) matches.size() / all;
    }

    /** How many tensors the architecture asks for. */
    public int expected() {
        return matches.size() + missing.size() + misshapen.size();
    }

    /** All of what does not fit, each with those on the other side that were perhaps meant. */
    public List<Misfit> misfits() {
        List<Misfit> misfits = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            misfits.addAll(misfits(kind, Integer.MAX_VALUE, NEAREST));
        }
        return misfits;
    }

    /** The same in one line, with the first few of each kind. */
    String summary() {
        List<String> faults = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            int count = count(kind);
            if (count > 0) {
                int nearest = kind == Kind.MISSING ? 1 : 0;
                String named =
                        misfits(kind, NAMED, nearest).stream()
                                .map(Misfit::toString)
                                .collect(Collectors.joining(", "));
                String more = count > NAMED ? " and " + (count - NAMED) + " more" : "";
                faults.add(kind + ": " + named + more);
            }
        }
        return String.join("; ", faults);
    }

    private int count(Kind kind) {
        return switch (kind) {
            case WRONG_SHAPE -> misshapen.size();
            case MISSING -> missing.size();
            case UNKNOWN -> unknown.size();
        };
    }

    private List<Misfit> misfits(Kind kind, int most, int nearest) {
        return switch (kind) {
            case WRONG_SHAPE ->
                    misshapen.entrySet().stream()
                            .limit(most)
                            .map(
                                    e ->
                                            new Misfit(
                                                    kind,
                                                    e.getKey(),
                                                    e.getValue().found().toString(),
                                                    e.getValue().expected().toString(),
                                                    List.of()))
                            .toList();
            case MISSING -> lonely(kind, missing, unknown, most, nearest);
            case UNKNOWN -> lonely(kind, unknown, missing, most, nearest);
        };
    }

    private static List<Misfit> lonely(
            Kind kind,
            Map<String, Shape> tensors,
            Map<String, Shape> others,
            int most,
            int nearest) {
        List<Misfit> misfits = new ArrayList<>();
        for (Map.Entry<String, Shape> tensor : tensors.entrySet()) {
            if (misfits.size() == most) {
                break;
            }
            String shape = tensor.getValue().toString();
            misfits.add(
                    new Misfit(
                            kind,
                            label(tensor.getKey()),
                            kind == Kind.UNKNOWN ? shape : null,
                            kind == Kind.MISSING ? shape : null,
                            misfits.size() < COMPARED
                                    ? nearest(tensor, others, nearest)
                                    : List.of()));
        }
        return misfits;
    }

    /** Those of as many axes with the names most like a tensor's, the ones of its shape first. */
    private static List<String> nearest(
            Map.Entry<String, Shape> tensor, Map<String, Shape> others, int most) {
        record Candidate(String text, boolean sameShape, int distance) {}
        String name = label(tensor.getKey());
        Shape shape = tensor.getValue();
        return others.entrySet().stream()
                .limit(COMPARED)
                .filter(other -> other.getValue().rank() == shape.rank())
                .map(
                        other ->
                                new Candidate(
                                        label(other.getKey()) + " " + other.getValue(),
                                        other.getValue().equals(shape),
                                        EditDistance.between(name, label(other.getKey()))))
                .sorted(
                        Comparator.comparing(Candidate::sameShape)
                                .reversed()
                                .thenComparing(Candidate::distance))
                .limit(most)
                .map(Candidate::text)
                .toList();
    }

    /** A name, perhaps out of a file, as it may be shown. */
    private static String label(String name) {
        return Printable.line(shorten(name));
    }
}

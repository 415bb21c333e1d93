package org.naturalinversion.model.io.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.ChannelShuffle;
import org.naturalinversion.graph.op.Concat;
import org.naturalinversion.graph.op.Permute;
import org.naturalinversion.graph.op.Reshape;
import org.naturalinversion.graph.op.Slice;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.io.ModelFile;
import org.naturalinversion.model.io.onnx.Replay.Recorded;
import org.naturalinversion.model.io.onnx.Replay.Step;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * Writes down the steps that a file's graph comes to, and takes each of them at once for a batch of
 * one image: so shapes are known, and what cannot be is found while the node that asks for it is.
 */
final class Recorder {
    private static final int OBJECT_MEMORY = 256;

    private final ModelFile file;
    private final Factor batch;
    private final List<Recorded> steps = new ArrayList<>();
    private final List<Integer> batchAxes = new ArrayList<>(List.of(0));
    private final Map<Integer, Integer> probabilities = new HashMap<>();
    private final Map<String, HostTensor> weights = new LinkedHashMap<>();
    private final Map<String, Shape> shapes = new HashMap<>();
    private final Replay trial;

    /**
     * Starts with the image in slot 0.
     *
     * @param batch the factor that counts images in the file
     */
    Recorder(ModelFile file, Factor batch, ImageSize image) {
        this.file = file;
        this.batch = batch;
        Graph graph = new Graph();
        Shape shape = Shape.of(1, image.height(), image.width(), image.channels());
        trial =
                new Replay(
                        new Layers(graph, (g, name, s) -> g.constant(name, weights.get(name))),
                        shapes,
                        graph.input("image", Type.feature(shape)));
    }

    ModelFile file() {
        return file;
    }

    List<Recorded> steps() {
        return steps;
    }

    Map<String, HostTensor> weights() {
        return weights;
    }

    /** The shape of what a slot holds, for a batch of one. */
    Shape stored(int slot) {
        return trial.value(slot).shape();
    }

    /** Keeps a weight; returns the name that it goes by, another if the name is taken. */
    String weight(String name, HostTensor tensor) {
        String free = name;
        for (int i = 2; weights.containsKey(free); i++) {
            if (weights.get(free).equals(tensor)) {
                return free;
            }
            free = name + "~" + i;
        }
        weights.put(free, tensor);
        shapes.put(free, tensor.shape());
        return free;
    }

    /** One number, as a weight for each of so many channels. */
    String weight(String name, int channels, double value) {
        file.spend((long) Float.BYTES * channels);
        float[] values = new float[channels];
        Arrays.fill(values, (float) value);
        return weight(name, HostTensor.of(Shape.of(channels), values));
    }

    /** An op, applied to slots and weights. */
    int apply(Op op, List<Integer> inputs, String... names) {
        return record(
                inputs,
                batchAxes.get(inputs.get(0)),
                (in, values) -> {
                    List<Value> all = new ArrayList<>(values);
                    Arrays.stream(names).map(in::weight).forEach(all::add);
                    return in.graph().first(op, all.toArray(Value[]::new));
                });
    }

    /**
     * A step of any kind.
     *
     * @param batchAxis the axis of its result along which the images of a batch lie
     * @return the slot of its result
     */
    int record(List<Integer> inputs, int batchAxis, Step step) {
        if (inputs.stream().anyMatch(probabilities::containsKey)) {
            throw new IllegalArgumentException(
                    "it reads the output of a Softmax; a Softmax is only supported as the last"
                            + " node");
        }
        file.spend(OBJECT_MEMORY);
        Recorded recorded = new Recorded(inputs, step);
        Shape shape = trial.take(recorded).shape();
        if (shape.elements() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("its result is " + shape + ", which is too large");
        }
        steps.add(recorded);
        batchAxes.add(batchAxis);
        return steps.size();
    }

    /** The softmax of logits: nothing but these may become of it. */
    View softmax(View logits) {
        int slot = record(List.of(logits.slot()), 0, (in, values) -> values.get(0));
        probabilities.put(slot, logits.slot());
        return logits.with(slot);
    }

    /** What the softmax was taken of; other views are returned as they are. */
    View beforeSoftmax(View view) {
        Integer before = probabilities.get(view.slot());
        return before == null ? view : view.with(before);
    }

    /** The view of a slot that holds maps [N, H, W, C]. */
    View map(int slot) {
        Shape s = stored(slot);
        List<List<Factor>> axes = View.fresh(batch, s.get(3), s.get(1), s.get(2));
        View draft = new View(slot, batch, List.of(), axes);
        return new View(slot, batch, View.flat(draft.canonicalGroups()), axes);
    }

    /** The view of a slot that holds rows [N, K]. */
    View rows(int slot) {
        List<List<Factor>> axes = View.fresh(batch, stored(slot).get(1));
        return new View(slot, batch, View.flat(axes), axes);
    }

    /**
     * The same, stored as our ops want it: [N, H, W, C] if ONNX sees [N, C, H, W], otherwise [N, K]
     * in the order that ONNX sees.
     */
    View canonical(View view) {
        View v = view.byImages();
        List<List<Factor>> groups = v.canonicalGroups();
        List<Factor> target = View.flat(groups);
        int slot = v.order().equals(target) ? v.slot() : permuted(v, target);
        return new View(regrouped(slot, groups), batch, target, v.axes());
    }

    /** The same, which ONNX must see as [N, C, H, W]. */
    View canonicalMap(View view) {
        if (view.rank() != 4) {
            throw new IllegalArgumentException(
                    "it needs maps [N, C, H, W], not a tensor of shape " + view.shape());
        }
        return canonical(view);
    }

    /** The slot of the same numbers as rows [N, K], K in the order of memory. */
    int stretched(View view) {
        List<Factor> others = view.order().stream().filter(f -> f != batch).toList();
        if (view.order().indexOf(batch) != 0) {
            throw new IllegalArgumentException("it mixes the images of a batch");
        }
        return regrouped(view.slot(), List.of(List.of(batch), others));
    }

    private int regrouped(int slot, List<List<Factor>> groups) {
        Shape shape = Shape.of(groups.stream().mapToLong(this::perImage).toArray());
        int batchAxis = axisOfBatch(groups);
        if (shape.equals(stored(slot)) && batchAxes.get(slot) == batchAxis) {
            return slot;
        }
        return record(
                List.of(slot),
                batchAxis,
                (in, values) -> {
                    long images = shape.get(batchAxis) * in.batch();
                    return in.graph()
                            .apply(new Reshape(shape.with(batchAxis, images)), values.get(0));
                });
    }

    private long perImage(List<Factor> group) {
        return Factor.product(group.stream().filter(f -> f != batch).toList());
    }

    private int axisOfBatch(List<List<Factor>> groups) {
        return IntStream.range(0, groups.size())
                .filter(i -> groups.get(i).contains(batch))
                .findFirst()
                .orElseThrow();
    }

    private int permuted(View view, List<Factor> target) {
        List<Factor> order = view.order();
        List<List<Factor>> runs = new ArrayList<>();
        for (int i = 0; i < target.size(); i++) {
            boolean goesOn =
                    i > 0 && order.indexOf(target.get(i)) == order.indexOf(target.get(i - 1)) + 1;
            if (goesOn) {
                runs.get(runs.size() - 1).add(target.get(i));
            } else {
                runs.add(new ArrayList<>(List.of(target.get(i))));
            }
        }
        List<List<Factor>> memory = new ArrayList<>(runs);
        memory.sort(Comparator.comparingInt(run -> order.indexOf(run.get(0))));
        if (runs.size() == 3 && runs.get(0).equals(memory.get(0))) {
            return shuffled(view.slot(), memory);
        }
        if (runs.size() > 4) {
            throw new IllegalArgumentException("axes are permuted in more than four pieces");
        }
        List<Integer> axes = new ArrayList<>();
        for (int i = runs.size(); i < 4; i++) {
            runs.add(0, List.of());
            memory.add(0, List.of());
            axes.add(axes.size());
        }
        runs.stream().skip(axes.size()).map(memory::indexOf).forEach(axes::add);
        int slot = regrouped(view.slot(), memory);
        Op permute = new Permute(axes);
        return record(
                List.of(slot),
                axisOfBatch(runs),
                (in, values) -> in.graph().apply(permute, values.get(0)));
    }

    /** The two last of three runs change places: groups of channels are dealt out. */
    private int shuffled(int slot, List<List<Factor>> memory) {
        long groups = Factor.product(memory.get(1));
        long channels = groups * Factor.product(memory.get(2));
        int from = slot;
        if (stored(slot).get(-1) != channels) {
            List<Factor> last = View.flat(List.of(memory.get(1), memory.get(2)));
            from = regrouped(slot, List.of(memory.get(0), last));
        }
        Op shuffle = new ChannelShuffle(Math.toIntExact(groups));
        return record(
                List.of(from),
                batchAxes.get(from),
                (in, values) -> in.graph().apply(shuffle, values.get(0)));
    }

    /** The same, stored so that an axis can be cut. */
    View cuttable(View view, int axis) {
        return view.isInOnePiece(axis) ? view : canonical(view);
    }

    /** Every step-th index of a {@link #cuttable} axis, so many of them, from a first one on. */
    View slice(View view, int axis, int first, int count, int step) {
        List<Factor> cut = view.axes().get(axis);
        if (count == Factor.product(cut)) {
            return view;
        }
        if (cut.contains(batch)) {
            throw new IllegalArgumentException("it cuts a batch into images");
        }
        List<Factor> outer = view.around(axis, true);
        List<Factor> inner = view.around(axis, false);
        List<List<Factor>> groups =
                inner.isEmpty()
                        ? List.of(List.of(), List.of(), outer, cut)
                        : List.of(outer, cut, List.of(), inner);
        if (view.rank() == 4 && view.order().equals(View.flat(view.canonicalGroups()))) {
            groups = view.canonicalGroups();
        }
        int at = groups.indexOf(cut);
        int slot =
                record(
                        List.of(regrouped(view.slot(), groups)),
                        axisOfBatch(groups),
                        (in, values) -> {
                            Value x = values.get(0);
                            List<Integer> begin = new ArrayList<>(List.of(0, 0, 0, 0));
                            List<Integer> end = new ArrayList<>();
                            IntStream.range(0, 4).forEach(i -> end.add(x.shape().dim(i)));
                            List<Integer> stride = new ArrayList<>(List.of(1, 1, 1, 1));
                            begin.set(at, first);
                            end.set(at, first + (count - 1) * step + 1);
                            stride.set(at, step);
                            return in.graph().apply(new Slice(begin, end, stride), x);
                        });
        List<Factor> left = count == 1 ? List.of() : List.of(new Factor(count));
        List<List<Factor>> axes = new ArrayList<>(view.axes());
        axes.set(axis, left);
        return new View(slot, batch, View.flat(List.of(outer, left, inner)), axes);
    }

    /**
     * A constant as if it depended on the image.
     *
     * @param name of the weight that it becomes
     * @param target what it is broadcast to
     */
    View constant(String name, Constant constant, Shape target) {
        int rank = target.rank();
        int[] extents = IntStream.range(1, rank).map(target::dim).toArray();
        List<List<Factor>> axes =
                View.fresh(batch, Arrays.stream(extents).asLongStream().toArray());
        View draft = new View(0, batch, View.flat(axes), axes);
        List<Factor> order = View.flat(draft.canonicalGroups());
        int[] places = new View(0, batch, order, axes).logicalPlaces();
        Broadcast broadcast = new Broadcast(constant.shape(), target);
        file.spend((long) Float.BYTES * places.length);
        float[] values = new float[places.length];
        for (int i = 0; i < places.length; i++) {
            values[i] = (float) constant.at(broadcast.index(places[i]));
            for (int image = 1; image < broadcast.images(); image++) {
                if (constant.at(broadcast.index(image * places.length + places[i])) != values[i]) {
                    throw new IllegalArgumentException(
                            "a constant is not the same for all images of a batch");
                }
            }
        }
        long[] shape = draft.canonicalGroups().stream().mapToLong(this::perImage).toArray();
        String weight = weight(name, HostTensor.of(Shape.of(shape), values));
        int slot =
                record(
                        List.of(),
                        0,
                        (in, none) -> {
                            Value one = in.weight(weight);
                            return in.batch() == 1
                                    ? one
                                    : in.graph()
                                            .applyAll(
                                                    new Concat(0),
                                                    Collections.nCopies(in.batch(), one))
                                            .get(0);
                        });
        return new View(slot, batch, order, axes);
    }
}

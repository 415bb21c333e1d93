package org.naturalinversion.model.io.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.naturalinversion.graph.op.Concat;
import org.naturalinversion.graph.op.Pad;
import org.naturalinversion.model.io.onnx.Axes.Range;
import org.naturalinversion.tensor.Shape;

/** What moves numbers about: most of it only changes what axes ONNX sees. */
final class AxisOperators {
    /** Where our maps [N, H, W, C] have the axes of [N, C, H, W]. */
    private static final List<Integer> NHWC = List.of(0, 3, 1, 2);

    private static final int WIDEST_PADDING = 1 << 16;

    static final Map<String, Operator> ALL =
            Map.ofEntries(
                    Map.entry("Reshape", AxisOperators::reshape),
                    Map.entry("Flatten", AxisOperators::flatten),
                    Map.entry("Transpose", AxisOperators::transpose),
                    Map.entry("Squeeze", AxisOperators::squeeze),
                    Map.entry("Unsqueeze", AxisOperators::unsqueeze),
                    Map.entry("Concat", AxisOperators::concat),
                    Map.entry("Split", AxisOperators::split),
                    Map.entry("Slice", AxisOperators::slice),
                    Map.entry("Gather", AxisOperators::gather),
                    Map.entry("Pad", AxisOperators::pad),
                    Map.entry("Shape", AxisOperators::shape),
                    Map.entry("Size", AxisOperators::size));

    private AxisOperators() {}

    private static List<Symbol> reshape(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        return List.of(x.reshaped(Axes.reshape(node, x.shape())));
    }

    private static List<Symbol> flatten(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        return List.of(x.reshaped(Axes.flatten(node, x.shape())));
    }

    private static List<Symbol> transpose(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        return List.of(x.transposed(Axes.permutation(node, x.rank())));
    }

    private static List<Symbol> squeeze(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        for (int axis : Axes.squeezed(node, x.shape())) {
            if (x.rank() == 1) {
                throw new IllegalArgumentException("it leaves no axis for the images of a batch");
            }
            x = x.squeezed(axis);
        }
        return List.of(x);
    }

    private static List<Symbol> unsqueeze(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        for (int axis : Axes.unsqueezed(node, x.shape())) {
            x = x.unsqueezed(axis);
        }
        return List.of(x);
    }

    private static List<Symbol> slice(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        for (Range range : Axes.slices(node, x.shape())) {
            x = sliced(to, x, range);
        }
        return List.of(x);
    }

    private static View sliced(Recorder to, View x, Range range) {
        if (range.count() < 1 || range.step() < 1) {
            throw new IllegalArgumentException(
                    ("it slices %d of axis %d of %s with step %d; supported are one or more, with"
                                    + " a positive step")
                            .formatted(range.count(), range.axis(), x.shape(), range.step()));
        }
        View whole = to.cuttable(x, range.axis());
        return to.slice(whole, range.axis(), range.first(), range.count(), range.step());
    }

    private static List<Symbol> split(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        int axis = Axes.axis(node.integer("axis", 0), x.rank());
        View whole = to.cuttable(x, axis);
        List<Symbol> parts = new ArrayList<>();
        int first = 0;
        for (int count : Axes.split(node, x.shape().dim(axis))) {
            parts.add(to.slice(whole, axis, first, count, 1));
            first += count;
        }
        return parts;
    }

    private static List<Symbol> gather(OnnxNode node, Recorder to, Pointwise pointwise) {
        View x = node.view(0);
        int axis = Axes.axis(node.integer("axis", 0), x.rank());
        int extent = x.shape().dim(axis);
        Constant said = node.constant(1);
        List<Long> indices =
                said.integers(to.file()).stream().map(i -> i < 0 ? i + extent : i).toList();
        long step = indices.size() > 1 ? indices.get(1) - indices.get(0) : 1;
        boolean even =
                !indices.isEmpty()
                        && IntStream.range(1, indices.size())
                                .allMatch(i -> indices.get(i) - indices.get(i - 1) == step);
        boolean inside = indices.stream().allMatch(i -> i >= 0 && i < extent);
        if (said.shape().rank() > 1 || !even || !inside || step < 1) {
            throw new IllegalArgumentException(
                    ("it gathers indices of shape %s from an axis of %d; supported are only the"
                                    + " indices of a slice")
                            .formatted(said.shape(), extent));
        }
        int first = Math.toIntExact(indices.get(0));
        View whole = to.cuttable(x, axis);
        View taken = to.slice(whole, axis, first, indices.size(), Math.toIntExact(step));
        return List.of(said.shape().rank() == 0 ? taken.squeezed(axis) : taken);
    }

    private static List<Symbol> shape(OnnxNode node, Recorder to, Pointwise pointwise) {
        return List.of(shape(node, node.view(0).shape()));
    }

    /** The extents from one axis to another; all if not said. */
    static Constant shape(OnnxNode node, Shape shape) {
        int rank = shape.rank();
        long start = node.integer("start", 0);
        long end = node.integer("end", rank);
        long from = Math.max(0, Math.min(rank, start < 0 ? start + rank : start));
        long until = Math.max(from, Math.min(rank, end < 0 ? end + rank : end));
        long[] extents = LongStream.of(shape.toArray()).skip(from).limit(until - from).toArray();
        return Constant.of(node.name(), Shape.of(extents.length), extents);
    }

    private static List<Symbol> size(OnnxNode node, Recorder to, Pointwise pointwise) {
        long elements = node.view(0).shape().elements();
        return List.of(Constant.of(node.name(), Shape.SCALAR, elements));
    }

    private static List<Symbol> concat(OnnxNode node, Recorder to, Pointwise pointwise) {
        List<Symbol> parts = node.inputs();
        int rank = parts.get(0).shape().rank();
        int axis = Axes.axis(node.integer("axis", 0), rank);
        if (rank != 2 && rank != 4 || axis == 0) {
            throw new IllegalArgumentException(
                    "it joins tensors like %s along axis %d; supported are [N, C, H, W] and [N, K]"
                                    .formatted(parts.get(0).shape(), axis)
                            + ", not along the first axis");
        }
        int first = 0;
        int end = parts.size();
        int before = 0;
        int after = 0;
        // Zeros at either end are padding.
        while (isZero(parts.get(first), rank)) {
            before += parts.get(first++).shape().dim(axis);
        }
        while (isZero(parts.get(end - 1), rank)) {
            after += parts.get(--end).shape().dim(axis);
        }
        View joined = joined(node, to, parts.subList(first, end), axis);
        if (before + after == 0) {
            return List.of(joined);
        }
        List<Integer> left = new ArrayList<>(List.of(0, 0, 0, 0));
        List<Integer> right = new ArrayList<>(List.of(0, 0, 0, 0));
        left.set(axis, before);
        right.set(axis, after);
        return List.of(padded(to, joined, left, right));
    }

    private static boolean isZero(Symbol part, int rank) {
        return rank == 4 && part instanceof Constant constant && constant.uniform() == 0;
    }

    private static View joined(OnnxNode node, Recorder to, List<Symbol> parts, int axis) {
        List<Integer> slots = new ArrayList<>();
        View last = null;
        for (Symbol part : parts) {
            View view =
                    part instanceof View v
                            ? v
                            : to.constant(node.name() + ".part", (Constant) part, part.shape());
            last = to.canonical(view);
            slots.add(last.slot());
        }
        if (slots.size() == 1) {
            return last;
        }
        boolean maps = last.rank() == 4;
        int slot = to.apply(new Concat(maps ? NHWC.get(axis) : axis), slots);
        return maps ? to.map(slot) : to.rows(slot);
    }

    private static List<Symbol> pad(OnnxNode node, Recorder to, Pointwise pointwise) {
        String mode = node.text("mode", "constant");
        if (!mode.equals("constant")) {
            throw new IllegalArgumentException(
                    "its mode is %s; supported is constant".formatted(mode));
        }
        View x = to.canonicalMap(node.view(0));
        double value = node.has(2) ? node.constant(2).uniform() : node.real("value", 0);
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("it pads with " + value);
        }
        List<Long> said = node.integers("pads", 1);
        List<Long> axes =
                node.has(3) ? node.constant(3).integers(to.file()) : List.of(0L, 1L, 2L, 3L);
        if (said == null || said.size() != 2 * axes.size()) {
            throw new IllegalArgumentException("has pads that do not fit its axes");
        }
        List<Integer> before = new ArrayList<>(List.of(0, 0, 0, 0));
        List<Integer> after = new ArrayList<>(List.of(0, 0, 0, 0));
        for (int i = 0; i < axes.size(); i++) {
            int axis = Axes.axis(axes.get(i), 4);
            before.set(axis, padding(said.get(i)));
            after.set(axis, padding(said.get(i + axes.size())));
        }
        for (int axis = 0; axis < 4; axis++) {
            int cut = Math.min(0, before.get(axis));
            int left = x.shape().dim(axis) + cut + Math.min(0, after.get(axis));
            x = sliced(to, x, new Range(axis, -cut, left, 1));
        }
        before.replaceAll(p -> Math.max(0, p));
        after.replaceAll(p -> Math.max(0, p));
        View shifted = pointwise.affine(node.name() + ".in", x, 1, -value);
        View padded = padded(to, shifted, before, after);
        return List.of(pointwise.affine(node.name() + ".out", padded, 1, value));
    }

    private static int padding(long said) {
        if (Math.abs(said) > WIDEST_PADDING) {
            throw new IllegalArgumentException("it pads by " + said);
        }
        return (int) said;
    }

    /** Zeros around a map; extents along the axes of [N, C, H, W]. */
    private static View padded(Recorder to, View map, List<Integer> before, List<Integer> after) {
        if (before.get(0) != 0 || after.get(0) != 0) {
            throw new IllegalArgumentException("it pads a batch with images");
        }
        if (before.equals(after) && before.equals(List.of(0, 0, 0, 0))) {
            return map;
        }
        View x = to.canonicalMap(map);
        Pad op = new Pad(ours(before), ours(after));
        return to.map(to.apply(op, List.of(x.slot())));
    }

    private static List<Integer> ours(List<Integer> extents) {
        return List.of(extents.get(0), extents.get(2), extents.get(3), extents.get(1));
    }
}

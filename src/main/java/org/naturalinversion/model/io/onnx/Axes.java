package org.naturalinversion.model.io.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.naturalinversion.tensor.Shape;

/** What axes, shapes and ranges in ONNX files mean: the same for constants and for views. */
final class Axes {
    /**
     * A stretch of indices.
     *
     * @param first index
     * @param count how many
     * @param step from one to the next
     */
    record Range(int axis, int first, int count, int step) {}

    private Axes() {}

    /** An axis; negative ones count from the last. */
    static int axis(long axis, int rank) {
        if (axis < -rank || axis >= rank) {
            throw new IllegalArgumentException(
                    "there is no axis %d in a tensor of %d axes".formatted(axis, rank));
        }
        return (int) (axis < 0 ? axis + rank : axis);
    }

    /** The target of a Reshape: -1 is what is left, 0 what was there before. */
    static Shape reshape(OnnxNode node, Shape from) {
        List<Long> wanted = node.integers("shape", 1);
        if (wanted == null || wanted.size() > View.MOST_AXES) {
            throw new IllegalArgumentException("has no shape, or one with too many axes");
        }
        long[] extents = wanted.stream().mapToLong(Long::longValue).toArray();
        int open = -1;
        long known = 1;
        for (int axis = 0; axis < extents.length; axis++) {
            if (extents[axis] == 0 && !node.flag("allowzero")) {
                extents[axis] = from.get(axis(axis, from.rank()));
            }
            if (extents[axis] == -1 && open < 0) {
                open = axis;
            } else {
                known = Math.multiplyExact(known, extents[axis]);
            }
        }
        if (open >= 0) {
            extents[open] = known > 0 ? from.elements() / known : 0;
        }
        return Shape.of(extents);
    }

    /** The target of a Flatten: two axes. */
    static Shape flatten(OnnxNode node, Shape from) {
        int rank = from.rank();
        long said = node.integer("axis", 1);
        int axis = said == rank ? rank : axis(said, rank);
        long outer = LongStream.of(from.toArray()).limit(axis).reduce(1, (a, b) -> a * b);
        long inner = LongStream.of(from.toArray()).skip(axis).reduce(1, (a, b) -> a * b);
        return Shape.of(outer, inner);
    }

    /** The axes that a Squeeze takes away, last first. */
    static List<Integer> squeezed(OnnxNode node, Shape from) {
        List<Long> said = node.integers("axes", 1);
        List<Integer> axes =
                said != null
                        ? said.stream().map(axis -> axis(axis, from.rank())).toList()
                        : IntStream.range(0, from.rank())
                                .filter(axis -> from.get(axis) == 1)
                                .boxed()
                                .toList();
        if (axes.stream().anyMatch(axis -> from.get(axis) != 1)) {
            throw new IllegalArgumentException(
                    "it removes axes %s of %s, not all of extent 1".formatted(axes, from));
        }
        return axes.stream().distinct().sorted((a, b) -> b - a).toList();
    }

    /** The axes that an Unsqueeze puts in, first first. */
    static List<Integer> unsqueezed(OnnxNode node, Shape from) {
        List<Long> said = node.integers("axes", 1);
        if (said == null || from.rank() + said.size() > View.MOST_AXES) {
            throw new IllegalArgumentException("has no axes, or too many");
        }
        int rank = from.rank() + said.size();
        List<Integer> axes =
                said.stream().map(axis -> axis(axis, rank)).distinct().sorted().toList();
        if (axes.size() != said.size()) {
            throw new IllegalArgumentException("has an axis twice");
        }
        return axes;
    }

    /** The order of axes of a Transpose; reversed if not said. */
    static List<Integer> permutation(OnnxNode node, int rank) {
        List<Long> said = node.integers("perm", (List<Long>) null);
        List<Integer> order =
                said != null
                        ? said.stream().map(axis -> axis(axis, rank)).toList()
                        : IntStream.range(0, rank).mapToObj(i -> rank - 1 - i).toList();
        if (order.size() != rank || order.stream().distinct().count() != rank) {
            throw new IllegalArgumentException(said + " is not an order of " + rank + " axes");
        }
        return order;
    }

    /** What a Slice takes, axis by axis. */
    static List<Range> slices(OnnxNode node, Shape from) {
        List<Long> starts = node.integers("starts", 1);
        List<Long> ends = node.integers("ends", 2);
        List<Long> axes = node.integers("axes", 3);
        List<Long> steps = node.has(4) ? node.constant(4).integers(node.file()) : null;
        int count = starts == null ? 0 : starts.size();
        boolean fits =
                starts != null
                        && ends != null
                        && ends.size() == count
                        && (axes == null || axes.size() == count)
                        && (steps == null || steps.size() == count)
                        && count <= from.rank();
        if (!fits) {
            throw new IllegalArgumentException("has starts, ends, axes and steps that do not fit");
        }
        List<Range> ranges = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int axis = axis(axes == null ? i : axes.get(i), from.rank());
            long step = steps == null ? 1 : steps.get(i);
            ranges.add(range(axis, from.dim(axis), starts.get(i), ends.get(i), step));
        }
        return ranges;
    }

    private static Range range(int axis, int extent, long start, long end, long step) {
        if (step == 0 || Math.abs(step) > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("has a step of " + step);
        }
        long from = start < 0 ? start + extent : start;
        long until = end < 0 ? end + extent : end;
        if (step > 0) {
            from = clamp(from, 0, extent);
            until = clamp(until, 0, extent);
        } else {
            from = clamp(from, -1, extent - 1);
            until = clamp(until, -1, extent - 1);
        }
        long count = Math.max(0, -Math.floorDiv(from - until, step));
        return new Range(axis, (int) from, (int) count, (int) step);
    }

    private static long clamp(long value, long low, long high) {
        return Math.max(low, Math.min(high, value));
    }

    /** The extents of what a Split makes of an axis. */
    static List<Integer> split(OnnxNode node, int extent) {
        List<Long> said = node.integers("split", 1);
        int parts = Math.max(1, node.outputs());
        List<Long> sizes = said;
        if (sizes == null) {
            long each = -Math.floorDiv(-extent, parts);
            sizes = new ArrayList<>();
            for (int i = 0; i < parts; i++) {
                sizes.add(Math.min(each, extent - each * i));
            }
        }
        long sum = sizes.stream().mapToLong(Long::longValue).reduce(0, Math::addExact);
        if (sizes.size() != parts || sum != extent || sizes.stream().anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException(
                    "it splits %d into %s, and has %d results".formatted(extent, sizes, parts));
        }
        return sizes.stream().map(Math::toIntExact).toList();
    }
}

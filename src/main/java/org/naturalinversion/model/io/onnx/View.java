package org.naturalinversion.model.io.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.naturalinversion.tensor.Shape;

/**
 * A tensor that depends on the image: numbers in memory, and the axes that ONNX sees in them. Both
 * are made of the same factors. A map [N, C, H, W] that is stored as we store it has the order N,
 * H, W, C; split into groups and transposed, [N, k, g, H, W] has the order N, H, W, g, k.
 *
 * @param slot which recorded value holds the numbers
 * @param batch the factor that counts images; all others are larger than 1
 * @param order the factors as they lie in memory, slowest first
 * @param axes the factors of each axis
 */
record View(int slot, Factor batch, List<Factor> order, List<List<Factor>> axes) implements Symbol {
    /** More axes than any network has. */
    static final int MOST_AXES = 8;

    View {
        order = List.copyOf(order);
        axes = List.copyOf(axes);
        if (axes.size() > MOST_AXES) {
            throw new IllegalArgumentException(
                    "a tensor of %d axes; at most %d are supported"
                            .formatted(axes.size(), MOST_AXES));
        }
    }

    @Override
    public Shape shape() {
        return Shape.of(axes.stream().mapToLong(Factor::product).toArray());
    }

    int rank() {
        return axes.size();
    }

    /** What another value holds, laid out as this one. */
    View with(int otherSlot) {
        return new View(otherSlot, batch, order, axes);
    }

    /** The same numbers with other axes. */
    View withAxes(List<List<Factor>> others) {
        return new View(slot, batch, order, others);
    }

    /** Whether another value is laid out as this one. */
    boolean isLaidOutAs(View other) {
        return order.equals(other.order) && axes.equals(other.axes);
    }

    /** The axes in another order. */
    View transposed(List<Integer> permutation) {
        return withAxes(permutation.stream().map(axes::get).toList());
    }

    /** Without an axis of extent 1. */
    View squeezed(int axis) {
        List<List<Factor>> left = new ArrayList<>(axes);
        List<Factor> gone = left.remove(axis);
        if (!gone.isEmpty()) {
            // A batch of one image, which goes on as part of a neighbour.
            int neighbour = Math.min(axis, left.size() - 1);
            List<Factor> both = new ArrayList<>(gone);
            both.addAll(left.get(neighbour));
            left.set(neighbour, both);
        }
        return withAxes(left);
    }

    /** With an axis of extent 1 more. */
    View unsqueezed(int axis) {
        List<List<Factor>> more = new ArrayList<>(axes);
        more.add(axis, List.of());
        return withAxes(more);
    }

    /**
     * With other extents.
     *
     * @throws IllegalArgumentException if these do not come about by splitting and joining axes
     */
    View reshaped(Shape target) {
        if (target.elements() != shape().elements()) {
            throw new IllegalArgumentException(
                    "%s has another size than %s".formatted(target, shape()));
        }
        Map<Factor, List<Factor>> splits = new HashMap<>();
        Deque<Factor> left = new ArrayDeque<>();
        axes.forEach(left::addAll);
        List<List<Factor>> regrouped = new ArrayList<>();
        for (long extent : target.toArray()) {
            regrouped.add(take(extent, left, splits));
        }
        if (!left.isEmpty()) {
            // Only a batch of one image is ever left.
            int last = regrouped.size() - 1;
            regrouped.set(last, flat(List.of(regrouped.get(last), List.copyOf(left))));
        }
        List<Factor> refined = new ArrayList<>(order);
        while (refined.stream().anyMatch(splits::containsKey)) {
            refined =
                    refined.stream()
                            .flatMap(f -> splits.getOrDefault(f, List.of(f)).stream())
                            .toList();
        }
        return new View(slot, batch, refined, regrouped);
    }

    private List<Factor> take(long extent, Deque<Factor> left, Map<Factor, List<Factor>> splits) {
        List<Factor> taken = new ArrayList<>();
        if (!left.isEmpty() && left.peek().extent() == 1) {
            taken.add(left.pop());
        }
        long missing = extent;
        while (missing > 1) {
            Factor next = left.pop();
            if (missing % next.extent() == 0) {
                taken.add(next);
                missing /= next.extent();
            } else if (next.extent() % missing == 0 && next != batch) {
                Factor first = new Factor(missing);
                Factor rest = new Factor(next.extent() / missing);
                splits.put(next, List.of(first, rest));
                taken.add(first);
                left.push(rest);
                missing = 1;
            } else {
                throw new IllegalArgumentException(
                        next == batch
                                ? "it mixes the images of a batch"
                                : "it cuts an axis of %d into unequal parts"
                                        .formatted(next.extent()));
            }
        }
        return taken;
    }

    /**
     * The same with the images along the first axis, and only they.
     *
     * @throws IllegalArgumentException if that is not so
     */
    View byImages() {
        if (rank() > 0 && axes.get(0).equals(List.of(batch))) {
            return this;
        }
        if (rank() > 0 && axes.get(0).isEmpty() && batch.extent() == 1) {
            List<List<Factor>> moved = new ArrayList<>();
            axes.forEach(axis -> moved.add(axis.stream().filter(f -> f != batch).toList()));
            moved.set(0, List.of(batch));
            return withAxes(moved);
        }
        throw new IllegalArgumentException(
                "%s does not have the images of a batch along its first axis".formatted(shape()));
    }

    /** The groups of factors that our ops want: N, H, W, C of a map, N and the rest otherwise. */
    List<List<Factor>> canonicalGroups() {
        return rank() == 4
                ? List.of(axes.get(0), axes.get(2), axes.get(3), axes.get(1))
                : List.of(axes.get(0), rest());
    }

    /** The factors of all axes but the first. */
    List<Factor> rest() {
        return flat(axes.subList(1, rank()));
    }

    /** Whether the factors of an axis lie in memory one after the other, in their order. */
    boolean isInOnePiece(int axis) {
        List<Factor> run = axes.get(axis);
        return Collections.indexOfSubList(order, run) >= 0;
    }

    /** The factors that lie in memory before those of an axis in one piece, or behind them. */
    List<Factor> around(int axis, boolean before) {
        List<Factor> run = axes.get(axis);
        int at = Collections.indexOfSubList(order, run);
        return before ? order.subList(0, at) : order.subList(at + run.size(), order.size());
    }

    /** For each number of an image, as it lies in memory, its place in the order of the axes. */
    int[] logicalPlaces() {
        List<Factor> logical = rest();
        Map<Factor, Integer> strides = new HashMap<>();
        int stride = 1;
        for (int i = logical.size() - 1; i >= 0; i--) {
            strides.put(logical.get(i), stride);
            stride = Math.multiplyExact(stride, Math.toIntExact(logical.get(i).extent()));
        }
        int[] places = {0};
        for (Factor factor : order) {
            if (factor != batch) {
                int[] outer = places;
                int extent = (int) factor.extent();
                int step = strides.get(factor);
                places = new int[outer.length * extent];
                for (int i = 0; i < places.length; i++) {
                    places[i] = outer[i / extent] + i % extent * step;
                }
            }
        }
        return places;
    }

    /** Whether the numbers of an image lie in the order of the axes. */
    boolean isLogicalOrder() {
        List<Factor> stored = order.stream().filter(f -> f != batch).toList();
        return stored.equals(rest().stream().filter(f -> f != batch).toList());
    }

    /** All factors of some groups. */
    static List<Factor> flat(List<List<Factor>> groups) {
        return groups.stream().flatMap(List::stream).toList();
    }

    /** A layout of fresh factors for the given extents; the first counts images. */
    static List<List<Factor>> fresh(Factor batch, long... extents) {
        return IntStream.range(0, extents.length + 1)
                .mapToObj(
                        i ->
                                i == 0
                                        ? List.of(batch)
                                        : extents[i - 1] == 1
                                                ? List.<Factor>of()
                                                : List.of(new Factor(extents[i - 1])))
                .toList();
    }
}

package org.naturalinversion.model.io.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Leaf;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.HostTensor;

/**
 * What a graph's values are called in ONNX. Those of four axes are N, H, W, C here and N, C, H, W
 * there. All others are the same in both, but for flattened maps: there, they are in the order C,
 * H, W, until someone reads them who cannot make up for it.
 */
final class ValueNames {
    private final GraphWriter graph;
    private final Map<Value, String> names = new HashMap<>();
    private final Map<Value, Integer> flattened = new HashMap<>();

    ValueNames(GraphWriter graph) {
        this.graph = graph;
    }

    void put(Value value, String name) {
        names.put(value, name);
    }

    /** Says what a map of more than one pixel, flattened in the order C, H, W, is called. */
    void putFlattened(Value value, String name, int pixels) {
        names.put(value, name);
        flattened.put(value, pixels);
    }

    /** The pixels of the map that this value is in the order C, H, W; 1 for all other values. */
    int flattenedPixels(Value value) {
        return flattened.getOrDefault(value, 1);
    }

    /** The name of a value, in whatever order it is. */
    String flattenedName(Value value) {
        String name = names.get(value);
        if (name == null) {
            throw new IllegalArgumentException(
                    value.node().label() + ": that output has no ONNX form");
        }
        return name;
    }

    /** The name of a value, which is put in order first. */
    String name(Value value) {
        String name = flattenedName(value);
        int pixels = flattenedPixels(value);
        if (pixels > 1) {
            name = exchange(name, value.shape().channels() / pixels, pixels);
            flattened.remove(value);
            names.put(value, name);
        }
        return name;
    }

    /** Takes [N, outer * inner] to [N, inner * outer]. */
    private String exchange(String name, int outer, int inner) {
        String split = reshape(name, 0, outer, inner);
        return reshape(transpose(split, 0, 2, 1), 0, (long) outer * inner);
    }

    /** Adds a Reshape; an extent of 0 is kept, one of -1 follows from the others. */
    String reshape(String name, long... extents) {
        return graph.node("Reshape", List.of(name, graph.integers("Reshape.shape", extents)));
    }

    /** Adds a Transpose. */
    String transpose(String name, Integer... axes) {
        return graph.node("Transpose", List.of(name), GraphWriter.attribute("perm", List.of(axes)));
    }

    /**
     * A weight.
     *
     * @throws IllegalArgumentException if the value is none, but computed
     */
    static HostTensor weight(Value value) {
        if (value.node().op() instanceof Leaf.Constant constant) {
            return constant.tensor();
        }
        throw new IllegalArgumentException(
                value.node().label() + ": weights that are computed have no ONNX form");
    }

    /** The name of a weight. */
    static String weightName(Value value) {
        return value.node().op().label();
    }
}

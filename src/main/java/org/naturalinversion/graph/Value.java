package org.naturalinversion.graph;

import org.naturalinversion.tensor.Shape;

/** One result of a node. */
public record Value(Node node, int index) {
    /** Shape and kind. */
    public Type type() {
        return node.types().get(index);
    }

    /** Extents. */
    public Shape shape() {
        return type().shape();
    }

    /** Whether this is the very same value, for readers of graph code. */
    public boolean is(Value other) {
        return equals(other);
    }

    @Override
    public String toString() {
        return node.label() + (node.types().size() > 1 ? "." + index : "") + " " + shape();
    }
}

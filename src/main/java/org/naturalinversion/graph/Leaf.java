package org.naturalinversion.graph;

import java.util.List;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;

/** What a graph starts from: values that no op of it computes. */
public sealed interface Leaf extends Op {
    Type type();

    /** Written by the host before a step. */
    record Input(String name, Type type) implements Leaf {}

    /**
     * Lives from step to step under its name, in the plan's {@link Variables}; what optimisers
     * change.
     */
    record Parameter(String name, Type type, Init init) implements Leaf {}

    /** A frozen weight. */
    record Constant(String name, HostTensor tensor) implements Leaf {
        @Override
        public Type type() {
            boolean integers = tensor.dtype() == DType.I64 || tensor.dtype() == DType.I32;
            return new Type(tensor.shape(), integers ? Type.Kind.INDEX : Type.Kind.EXACT);
        }
    }

    /** The leaf's name, unique within a graph but for constants. */
    String name();

    @Override
    default String label() {
        return name();
    }

    @Override
    default List<Type> infer(List<Type> inputs) {
        return List.of(type());
    }

    @Override
    default void forward(Node node, Lowering to) {
        // nothing to compute: the memory behind a leaf is there before the first step
    }
}

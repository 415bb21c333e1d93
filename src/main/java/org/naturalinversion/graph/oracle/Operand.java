package org.naturalinversion.graph.oracle;

import org.naturalinversion.tensor.Shape;

/**
 * An input of an op in a case.
 *
 * @param role how the op gets it
 * @param range where its numbers come from
 * @param shape its extents
 */
public record Operand(Role role, Range range, Shape shape) {
    /** How an op gets an input. */
    public enum Role {
        /** A parameter, in float32; its gradient is compared. */
        PARAMETER,
        /** Stored as feature maps are, and with a gradient. */
        FEATURE,
        /** A frozen weight. */
        CONSTANT,
        /** Frozen integers. */
        INDEX
    }

    static Operand parameter(Range range, long... extents) {
        return new Operand(Role.PARAMETER, range, Shape.of(extents));
    }

    static Operand feature(Range range, long... extents) {
        return new Operand(Role.FEATURE, range, Shape.of(extents));
    }

    static Operand constant(Range range, long... extents) {
        return new Operand(Role.CONSTANT, range, Shape.of(extents));
    }

    static Operand index(Range range, long... extents) {
        return new Operand(Role.INDEX, range, Shape.of(extents));
    }

    /** The same numbers as another role gets them. */
    Operand as(Role other) {
        return new Operand(other, range, shape);
    }

    /** Whether a gradient by it is wanted. */
    boolean isTrained() {
        return role == Role.PARAMETER || role == Role.FEATURE;
    }
}

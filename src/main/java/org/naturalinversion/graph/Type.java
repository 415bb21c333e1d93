package org.naturalinversion.graph;

import org.naturalinversion.tensor.Shape;

/**
 * What shape inference knows of a value.
 *
 * @param shape its extents; activations are N, H, W, C
 * @param kind how it may be stored
 */
public record Type(Shape shape, Kind kind) {
    /** How a value may be stored. */
    public enum Kind {
        /** Always float32: parameters, statistics, losses, images. */
        EXACT,
        /** In the storage type of the plan: float32 or bfloat16. */
        ACTIVATION,
        /** 32-bit integers: labels, draws. */
        INDEX
    }

    /** A float32 type. */
    public static Type exact(long... extents) {
        return new Type(Shape.of(extents), Kind.EXACT);
    }

    /** An int32 type. */
    public static Type index(long... extents) {
        return new Type(Shape.of(extents), Kind.INDEX);
    }

    /**
     * The type of a feature map: images and the like, of up to four channels, stay exact because
     * they cost nothing and are what is looked at.
     */
    public static Type feature(Shape shape) {
        return new Type(shape, shape.channels() <= 4 ? Kind.EXACT : Kind.ACTIVATION);
    }

    /** The same kind with another shape. */
    public Type with(Shape other) {
        return new Type(other, kind);
    }
}

package org.naturalinversion.tensor;

import java.util.Locale;

/**
 * Element types that tensors are stored in; the engine computes in {@link #F32} and {@link #BF16},
 * the rest is read from files.
 */
public enum DType {
    F32(4),
    BF16(2),
    F16(2),
    F64(8),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U8(1),
    BOOL(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Two element types in words, as in bf16->f32; one if both are the same. */
    public static String names(DType from, DType into) {
        String names = from == into ? from.name() : from + "->" + into;
        return names.toLowerCase(Locale.ROOT);
    }

    /** Size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    /**
     * The number that names this type to a kernel: 0 for {@link #F32}, 1 for {@link #BF16}, as in
     * {@code ni_kernels.h}.
     */
    public int code() {
        return switch (this) {
            case F32 -> 0;
            case BF16 -> 1;
            default -> throw new IllegalArgumentException("kernels take F32 and BF16, not " + this);
        };
    }
}

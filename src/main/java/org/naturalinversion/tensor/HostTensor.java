package org.naturalinversion.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A dense row-major tensor in the Java heap: what files are read into and written from. Its bytes
 * are little-endian and not copied; do not change them once shared.
 */
public record HostTensor(DType dtype, Shape shape, ByteBuffer data) {

    /**
     * Wraps the bytes of a tensor.
     *
     * @throws IllegalArgumentException if the number of bytes is not that of the shape
     */
    public HostTensor {
        if (data.remaining() != Math.multiplyExact(shape.elements(), dtype.bytes())) {
            throw new IllegalArgumentException(
                    "%s %s needs %d bytes, not %d"
                            .formatted(
                                    dtype,
                                    shape,
                                    shape.elements() * dtype.bytes(),
                                    data.remaining()));
        }
        data = data.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A float32 tensor with the given values. */
    public static HostTensor of(Shape shape, float... values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(values.length, 4))
                        .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return new HostTensor(DType.F32, shape, bytes);
    }

    /** An int64 tensor with the given values. */
    public static HostTensor of(Shape shape, long... values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(values.length, 8))
                        .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return new HostTensor(DType.I64, shape, bytes);
    }

    /** An int32 tensor with the given values. */
    public static HostTensor of(Shape shape, int... values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(values.length, 4))
                        .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        return new HostTensor(DType.I32, shape, bytes);
    }

    /** The little-endian bytes, read-only, positioned at the first. */
    @Override
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** One slice along the first axis, which falls away; not copied. */
    public HostTensor slice(int index) {
        Shape part = shape.withoutFirst();
        int bytes = Math.toIntExact(part.elements() * dtype.bytes());
        return new HostTensor(
                dtype, part, data().position(index * bytes).limit((index + 1) * bytes));
    }

    /** The first slices along the first axis; not copied. */
    public HostTensor first(int count) {
        Shape part = shape.with(0, count);
        int bytes = Math.toIntExact(part.elements() * dtype.bytes());
        return new HostTensor(dtype, part, data().limit(bytes));
    }

    /** All values as float32, converted from whatever type they are stored in. */
    public float[] toFloats() {
        ByteBuffer bytes = data();
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    switch (dtype) {
                        case F32 -> bytes.getFloat(4 * i);
                        case F64 -> (float) bytes.getDouble(8 * i);
                        case BF16 -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
                        case F16 -> halfToFloat(bytes.getShort(2 * i));
                        case I64 -> bytes.getLong(8 * i);
                        case I32 -> bytes.getInt(4 * i);
                        case I16 -> bytes.getShort(2 * i);
                        case I8 -> bytes.get(i);
                        case U8, BOOL -> bytes.get(i) & 0xff;
                    };
        }
        return values;
    }

    /** This tensor with its values as float32; itself if they are. */
    public HostTensor asFloat32() {
        return dtype == DType.F32 ? this : of(shape, toFloats());
    }

    /** The value of a half-precision number: exact, subnormals included. */
    private static float halfToFloat(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = half >> 10 & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0) {
            return Math.copySign(fraction * 0x1p-24f, Float.intBitsToFloat(sign | 0x3f800000));
        }
        int bits = exponent == 31 ? 0x7f800000 : (exponent + 112) << 23;
        return Float.intBitsToFloat(sign | bits | fraction << 13);
    }
}

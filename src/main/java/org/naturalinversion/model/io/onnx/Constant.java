package org.naturalinversion.model.io.onnx;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.naturalinversion.model.io.ModelFile;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * A tensor that does not depend on the image.
 *
 * @param name of what it comes from
 * @param shape its extents
 * @param tensor its numbers; a single one stands for as many as the shape has
 */
record Constant(String name, Shape shape, HostTensor tensor) implements Symbol {
    Constant {
        if (shape.elements() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a constant of " + shape + " is too large");
        }
    }

    /** A tensor as it is. */
    static Constant of(String name, HostTensor tensor) {
        return new Constant(name, tensor.shape(), tensor);
    }

    /** Numbers, stored as int64 or as float32. */
    static Constant of(String name, Shape shape, double[] values, boolean integers) {
        Shape stored = values.length == shape.elements() ? shape : Shape.SCALAR;
        if (integers) {
            long[] whole = new long[values.length];
            Arrays.setAll(whole, i -> (long) values[i]);
            return new Constant(name, shape, HostTensor.of(stored, whole));
        }
        float[] real = new float[values.length];
        for (int i = 0; i < real.length; i++) {
            real[i] = (float) values[i];
        }
        return new Constant(name, shape, HostTensor.of(stored, real));
    }

    /** Integers. */
    static Constant of(String name, Shape shape, long... values) {
        return new Constant(name, shape, HostTensor.of(shape, values));
    }

    /** The same numbers in another shape of the same size. */
    Constant with(Shape other) {
        if (other.elements() != shape.elements()) {
            throw new IllegalArgumentException(other + " has another size than " + shape);
        }
        return isUniform()
                ? new Constant(name, other, tensor)
                : of(name, new HostTensor(tensor.dtype(), other, tensor.data()));
    }

    /** Whether one stored number stands for all. */
    boolean isUniform() {
        return tensor.shape().elements() == 1;
    }

    /** Whether these are numbers without fraction. */
    boolean isInteger() {
        return switch (tensor.dtype()) {
            case F32, BF16, F16, F64 -> false;
            default -> true;
        };
    }

    /** Number i. */
    double at(int i) {
        int at = isUniform() ? 0 : i;
        ByteBuffer data = tensor.data();
        return switch (tensor.dtype()) {
            case F32 -> data.getFloat(4 * at);
            case F64 -> data.getDouble(8 * at);
            case I64 -> data.getLong(8 * at);
            case I32 -> data.getInt(4 * at);
            case I16 -> data.getShort(2 * at);
            case I8 -> data.get(at);
            case U8, BOOL -> data.get(at) & 0xff;
            case F16, BF16 -> halfAt(at);
        };
    }

    private double halfAt(int at) {
        ByteBuffer one = tensor.data().position(2 * at).limit(2 * at + 2);
        return new HostTensor(tensor.dtype(), Shape.SCALAR, one).toFloats()[0];
    }

    /** All numbers, or the single one that stands for all. */
    double[] stored(ModelFile file) {
        double[] values = allocate(file, tensor.shape().elements());
        Arrays.setAll(values, this::at);
        return values;
    }

    /** Memory for so many numbers, counted. */
    static double[] allocate(ModelFile file, long count) {
        file.spend(Double.BYTES * count);
        return new double[Math.toIntExact(count)];
    }

    /** The numbers as integers: a shape, a list of axes. */
    List<Long> integers(ModelFile file) {
        double[] values = allocate(file, shape.elements());
        Arrays.setAll(values, this::at);
        return Arrays.stream(values).mapToObj(v -> (long) v).toList();
    }

    /** The number that all are equal to; NaN if they differ or there are none. */
    double uniform() {
        long count = tensor.shape().elements();
        if (count == 0) {
            return Double.NaN;
        }
        for (int i = 1; i < count; i++) {
            if (at(i) != at(0)) {
                return Double.NaN;
            }
        }
        return at(0);
    }

    /** All numbers as float32; the tensor itself where it is that already. */
    HostTensor floats(ModelFile file) {
        if (tensor.dtype() == DType.F32 && tensor.shape().equals(shape)) {
            return tensor;
        }
        file.spend(2 * Float.BYTES * shape.elements());
        float[] values = tensor.toFloats();
        if (values.length != shape.elements()) {
            float value = values[0];
            values = new float[Math.toIntExact(shape.elements())];
            Arrays.fill(values, value);
        }
        return HostTensor.of(shape, values);
    }
}

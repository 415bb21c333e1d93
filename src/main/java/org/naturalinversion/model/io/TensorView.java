package org.naturalinversion.model.io;

import static org.naturalinversion.model.io.ModelFileException.quote;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.naturalinversion.model.io.ModelFile.Region;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * A tensor as a PyTorch checkpoint describes it: an offset, extents and strides, in elements, into
 * a storage that other tensors may share.
 */
record TensorView(
        Storage storage, DType dtype, long offset, List<Long> extents, List<Long> strides) {

    /** What a tensor may see of the storage with a key: the bytes from start on. */
    record Storage(String key, DType dtype, long start, long length) {}

    /**
     * Reads the elements that are seen, in row-major order whatever the strides.
     *
     * @param name the tensor's, for messages
     * @param bytes where the storage lies in the file, null if it is not there
     * @param order that of the bytes of an element in the file
     */
    HostTensor read(ModelFile file, String name, Region bytes, ByteOrder order) {
        if (bytes == null || bytes.length() - storage.start < storage.length) {
            throw file.refuse(
                    "has only %d of the %d bytes of storage %s"
                            .formatted(
                                    bytes == null ? 0 : bytes.length(),
                                    storage.start + storage.length,
                                    quote(storage.key)));
        }
        Shape shape;
        long reach = 0;
        try {
            shape = Shape.of(extents.stream().mapToLong(Long::longValue).toArray());
            for (int axis = 0; axis < shape.rank(); axis++) {
                long steps = Math.max(0, shape.get(axis) - 1);
                reach = Math.addExact(reach, Math.multiplyExact(steps, strides.get(axis)));
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw file.refuse("has the tensor %s with extents out of range".formatted(quote(name)));
        }
        long size = dtype.bytes();
        long elements = shape.elements();
        long available = storage.length / size;
        if (elements == 0) {
            return new HostTensor(dtype, shape, ByteBuffer.allocate(0));
        }
        if (offset < 0 || offset > available || reach >= available - offset) {
            throw file.refuse(
                    "has the tensor %s, %s %s from element %d on, in a storage of only %d"
                            .formatted(quote(name), dtype, shape, offset, available));
        }
        Region span = new Region(bytes.start() + storage.start + offset * size, (reach + 1) * size);
        byte[] data = file.bytes(span, "tensor " + quote(name));
        if (!isRowMajor(shape)) {
            if (elements > Integer.MAX_VALUE / size) {
                throw file.refuse("has the tensor %s of over 2 GiB".formatted(quote(name)));
            }
            file.spend(elements * size);
            data = gather(data, shape);
        }
        if (order == ByteOrder.BIG_ENDIAN) {
            reverseElements(data, dtype.bytes());
        }
        return new HostTensor(dtype, shape, ByteBuffer.wrap(data));
    }

    private boolean isRowMajor(Shape shape) {
        long expected = 1;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            if (shape.get(axis) != 1 && strides.get(axis) != expected) {
                return false;
            }
            expected *= shape.get(axis);
        }
        return true;
    }

    private byte[] gather(byte[] from, Shape shape) {
        int size = dtype.bytes();
        byte[] to = new byte[(int) shape.elements() * size];
        long[] stride = strides.stream().mapToLong(Long::longValue).toArray();
        long[] index = new long[shape.rank()];
        long element = 0;
        for (int at = 0; at < to.length; at += size) {
            System.arraycopy(from, (int) element * size, to, at, size);
            for (int axis = index.length - 1; axis >= 0; axis--) {
                element += stride[axis];
                if (++index[axis] < shape.get(axis)) {
                    break;
                }
                element -= stride[axis] * shape.get(axis);
                index[axis] = 0;
            }
        }
        return to;
    }

    private static void reverseElements(byte[] bytes, int size) {
        for (int start = 0; start < bytes.length; start += size) {
            for (int i = 0; i < size / 2; i++) {
                byte low = bytes[start + i];
                bytes[start + i] = bytes[start + size - 1 - i];
                bytes[start + size - 1 - i] = low;
            }
        }
    }
}

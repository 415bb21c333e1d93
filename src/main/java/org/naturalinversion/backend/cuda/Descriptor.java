package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cudnn.CUDNN_STATUS_SUCCESS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_BOOLEAN;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_DOUBLE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_HANDLE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_INT64;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_VOID_PTR;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendCreateDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendDestroyDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendFinalize;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendGetAttribute;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendSetAttribute;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudnn.cudnnBackendDescriptor_t;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * One of the descriptors that cuDNN's graphs are made of: created, given its attributes one by one,
 * completed, and asked. Attributes go by the numbers of {@code cudnn_graph.h}.
 */
final class Descriptor implements AutoCloseable {
    private final int type;
    private final cudnnBackendDescriptor_t handle = new cudnnBackendDescriptor_t();

    Descriptor(int type) {
        this.type = type;
        check(cudnnBackendCreateDescriptor(type, handle), "cudnnBackendCreateDescriptor");
    }

    cudnnBackendDescriptor_t handle() {
        return handle;
    }

    Descriptor integers(int attribute, long... values) {
        try (LongPointer memory = new LongPointer(values)) {
            return set(attribute, CUDNN_TYPE_INT64, values.length, memory);
        }
    }

    /** A value of an enumeration. */
    Descriptor code(int attribute, int kind, int value) {
        try (IntPointer memory = new IntPointer(new int[] {value})) {
            return set(attribute, kind, 1, memory);
        }
    }

    Descriptor real(int attribute, double value) {
        try (DoublePointer memory = new DoublePointer(new double[] {value})) {
            return set(attribute, CUDNN_TYPE_DOUBLE, 1, memory);
        }
    }

    Descriptor flag(int attribute, boolean value) {
        try (BytePointer memory = new BytePointer(new byte[] {(byte) (value ? 1 : 0)})) {
            return set(attribute, CUDNN_TYPE_BOOLEAN, 1, memory);
        }
    }

    Descriptor descriptors(int attribute, List<Descriptor> values) {
        long[] addresses = values.stream().mapToLong(d -> d.handle.address()).toArray();
        try (LongPointer memory = new LongPointer(addresses)) {
            return set(attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, values.size(), memory);
        }
    }

    Descriptor descriptor(int attribute, Descriptor value) {
        return descriptors(attribute, List.of(value));
    }

    Descriptor addresses(int attribute, long... values) {
        try (LongPointer memory = new LongPointer(values)) {
            return set(attribute, CUDNN_TYPE_VOID_PTR, values.length, memory);
        }
    }

    Descriptor library(int attribute, cudnnContext library) {
        try (LongPointer memory = new LongPointer(new long[] {library.address()})) {
            return set(attribute, CUDNN_TYPE_HANDLE, 1, memory);
        }
    }

    private Descriptor set(int attribute, int kind, long count, Pointer memory) {
        check(
                cudnnBackendSetAttribute(handle, attribute, kind, count, memory),
                "cudnnBackendSetAttribute " + attribute);
        return this;
    }

    /**
     * To be called when all attributes are set.
     *
     * @throws org.naturalinversion.backend.BackendException if they do not fit each other
     */
    Descriptor complete() {
        check(cudnnBackendFinalize(handle), "cudnnBackendFinalize");
        return this;
    }

    /** The same, where it is no error if the library cannot do it: says whether it can. */
    boolean completes() {
        return cudnnBackendFinalize(handle) == CUDNN_STATUS_SUCCESS;
    }

    long integer(int attribute) {
        try (LongPointer memory = new LongPointer(1)) {
            get(attribute, CUDNN_TYPE_INT64, 1, memory);
            return memory.get();
        }
    }

    /** Values of an enumeration, up to so many. */
    int[] codes(int attribute, int kind, int most) {
        try (IntPointer memory = new IntPointer(most)) {
            int[] values = new int[(int) get(attribute, kind, most, memory)];
            memory.get(values);
            return values;
        }
    }

    /** Descriptors of a type, up to so many; the caller closes them. */
    List<Descriptor> made(int attribute, int madeType, int most) {
        List<Descriptor> made = new ArrayList<>();
        try {
            long[] addresses = new long[most];
            for (int i = 0; i < most; i++) {
                made.add(new Descriptor(madeType));
                addresses[i] = made.get(i).handle.address();
            }
            try (LongPointer memory = new LongPointer(addresses)) {
                long count = get(attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, memory);
                while (made.size() > count) {
                    made.remove(made.size() - 1).close();
                }
            }
            return made;
        } catch (RuntimeException e) {
            made.forEach(Descriptor::close);
            throw e;
        }
    }

    private long get(int attribute, int kind, long most, Pointer memory) {
        long[] count = new long[1];
        check(
                cudnnBackendGetAttribute(handle, attribute, kind, most, count, memory),
                "cudnnBackendGetAttribute " + attribute);
        return Math.min(count[0], most);
    }

    private void check(int status, String call) {
        Status.cudnn(status, call, "descriptor of type " + type);
    }

    @Override
    public void close() {
        if (!handle.isNull()) {
            cudnnBackendDestroyDescriptor(handle);
            handle.setNull();
        }
    }

    /** Closes several, in the reverse order of their making. */
    static void close(List<Descriptor> all) {
        Descriptor[] last = all.toArray(Descriptor[]::new);
        for (int i = last.length - 1; i >= 0; i--) {
            last[i].close();
        }
    }
}

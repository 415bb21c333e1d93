package org.naturalinversion.model.io;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/** Writes pickles by hand, opcode by opcode, also those that Python would never write. */
final class PickleWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A pickle of protocol 2, as PyTorch writes. */
    static PickleWriter pickle() {
        return new PickleWriter().op(0x80, 2);
    }

    /** Bytes as they are: opcodes and short arguments. */
    PickleWriter op(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
        return this;
    }

    /** Characters as they are, one byte each: opcodes and text arguments. */
    PickleWriter op(String latin1) {
        out.writeBytes(latin1.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PickleWriter i32(int value) {
        return op(value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >>> 24);
    }

    PickleWriter i64(long value) {
        return i32((int) value).i32((int) (value >> 32));
    }

    PickleWriter text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        op("X").i32(bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    PickleWriter integer(long value) {
        if (value == (int) value) {
            return op("J").i32((int) value);
        }
        return op(0x8a, 8).i64(value);
    }

    PickleWriter big(BigInteger value) {
        byte[] bytes = value.toByteArray();
        op(0x8a, bytes.length);
        for (int i = bytes.length - 1; i >= 0; i--) {
            op(bytes[i] & 0xff);
        }
        return this;
    }

    PickleWriter tuple(long... values) {
        op("(");
        for (long value : values) {
            integer(value);
        }
        return op("t");
    }

    PickleWriter global(String module, String name) {
        return op("c" + module + "\n" + name + "\n");
    }

    /** The key and the value of a dict's entry for a tensor. */
    PickleWriter entry(String name, String type, String key, long elements, long... extents) {
        long[] strides = new long[extents.length];
        long stride = 1;
        for (int axis = extents.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= extents[axis];
        }
        return text(name).tensor(type, key, elements, 0, extents, strides);
    }

    PickleWriter tensor(
            String type, String key, long elements, long offset, long[] extents, long[] strides) {
        return global("torch._utils", "_rebuild_tensor_v2")
                .op("(")
                .storage(type, key, elements)
                .integer(offset)
                .tuple(extents)
                .tuple(strides)
                .op(0x89)
                .op("}tR");
    }

    PickleWriter storage(String type, String key, long elements) {
        return op("(").text("storage")
                .global("torch", type)
                .text(key)
                .text("cpu")
                .integer(elements)
                .op("tQ");
    }

    /** The pickle, with the STOP at its end. */
    byte[] stop() {
        op(".");
        return out.toByteArray();
    }
}

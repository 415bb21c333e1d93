package org.naturalinversion.backend;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** An opened backend, and numbers to and from its memory. */
public final class Bench implements AutoCloseable {
    public final Backend backend;
    private final Random random = new Random(42);

    /** A bench on a backend that it closes. */
    public Bench(Backend backend) {
        this.backend = backend;
    }

    /** Normal numbers that the type can hold. */
    public float[] random(long count, DType type) {
        float[] values = new float[Math.toIntExact(count)];
        for (int i = 0; i < values.length; i++) {
            values[i] = rounded((float) random.nextGaussian(), type);
        }
        return values;
    }

    /** Fresh memory that holds the values in the given type. */
    public Memory put(DType type, float... values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            if (type == DType.BF16) {
                bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
            } else {
                bytes.putFloat(value);
            }
        }
        Memory memory = memory(bytes.capacity());
        memory.buffer().write(0, bytes.flip());
        return memory;
    }

    /** Fresh memory full of NaN, so that what is not written shows. */
    public Memory memory(long bytes) {
        Memory memory = backend.allocate(bytes).slice(0, bytes);
        byte[] filling = new byte[Math.toIntExact(bytes)];
        java.util.Arrays.fill(filling, (byte) 0xff);
        memory.buffer().write(0, ByteBuffer.wrap(filling));
        return memory;
    }

    /** Scratch memory, or none if none is needed. */
    public Memory scratch(long bytes) {
        return bytes == 0 ? null : memory(bytes);
    }

    public float[] get(Memory memory, DType type) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(memory.bytes()));
        memory.buffer().read(memory.offset(), bytes);
        return new HostTensor(type, Shape.of(memory.bytes() / type.bytes()), bytes.flip())
                .toFloats();
    }

    /** The nearest number of the type. */
    public static float rounded(float value, DType type) {
        if (type == DType.F32) {
            return value;
        }
        int bits = Float.floatToRawIntBits(value);
        return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
    }

    @Override
    public void close() {
        backend.close();
    }
}

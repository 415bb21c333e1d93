package org.naturalinversion.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;

/**
 * Between tensors in the heap, of any type, and the engine's memory, which holds float32, bfloat16
 * and int32.
 */
final class HostData {
    private HostData() {}

    /** The bytes that the engine keeps for a leaf: int32 for integers, float32 for all else. */
    static ByteBuffer toEngine(HostTensor tensor) {
        if (tensor.dtype() == DType.F32 || tensor.dtype() == DType.I32) {
            return tensor.data();
        }
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.toIntExact(4 * tensor.shape().elements()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        if (tensor.dtype() == DType.I64) {
            ByteBuffer longs = tensor.data();
            while (longs.hasRemaining()) {
                bytes.putInt(Math.toIntExact(longs.getLong()));
            }
        } else {
            for (float value : tensor.toFloats()) {
                bytes.putFloat(value);
            }
        }
        return bytes.flip();
    }
}

package org.naturalinversion.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_format_tag_any;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_create_with_strides;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_create_with_tag;
import static org.bytedeco.dnnl.global.dnnl.dnnl_memory_desc_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_nhwc;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.naturalinversion.tensor.DType;

/** How a tensor lies in memory, as oneDNN is told; extents are in oneDNN's order. */
record Layout(dnnl_memory_desc handle) implements AutoCloseable {

    /** Whatever oneDNN likes best. */
    static Layout any(DType type, long... extents) {
        return tagged(type, dnnl_format_tag_any, extents);
    }

    /** The activations of images: channels last. */
    static Layout nhwc(DType type, long n, long h, long w, long c) {
        return tagged(type, dnnl_nhwc, n, c, h, w);
    }

    /** Row-major without gaps. */
    static Layout dense(DType type, long... extents) {
        long[] strides = new long[extents.length];
        long stride = 1;
        for (int i = extents.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= extents[i];
        }
        return strided(type, extents, strides);
    }

    /** A matrix of the given extents, stored row-major or, transposed, column-major. */
    static Layout matrix(DType type, long rows, long columns, boolean transposed) {
        return strided(
                type,
                new long[] {rows, columns},
                transposed ? new long[] {1, rows} : new long[] {columns, 1});
    }

    @Override
    public void close() {
        dnnl_memory_desc_destroy(handle);
    }

    private static Layout tagged(DType type, int tag, long... extents) {
        dnnl_memory_desc made = new dnnl_memory_desc();
        OneDnn.check(
                dnnl_memory_desc_create_with_tag(made, extents.length, extents, code(type), tag),
                "dnnl_memory_desc_create_with_tag",
                extents);
        return new Layout(made);
    }

    private static Layout strided(DType type, long[] extents, long[] strides) {
        dnnl_memory_desc made = new dnnl_memory_desc();
        OneDnn.check(
                dnnl_memory_desc_create_with_strides(
                        made, extents.length, extents, code(type), strides),
                "dnnl_memory_desc_create_with_strides",
                extents);
        return new Layout(made);
    }

    private static int code(DType type) {
        return switch (type) {
            case F32 -> dnnl_f32;
            case BF16 -> dnnl_bf16;
            default ->
                    throw new IllegalArgumentException("oneDNN is given F32 and BF16, not " + type);
        };
    }
}

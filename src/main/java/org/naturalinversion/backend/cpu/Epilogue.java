package org.naturalinversion.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_add;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_clip_v2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_relu;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_binary;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_eltwise;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_post_ops;
import static org.bytedeco.dnnl.global.dnnl.dnnl_primitive_attr_set_scratchpad_mode;
import static org.bytedeco.dnnl.global.dnnl.dnnl_scratchpad_mode_user;

import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.naturalinversion.backend.Activation;

/**
 * What is done to a result before it is stored.
 *
 * @param residual where what is added lies; null for nothing
 * @param activation applied last
 */
record Epilogue(Layout residual, Activation activation) {
    static final Epilogue NONE = new Epilogue(null, Activation.IDENTITY);

    /**
     * A primitive's attributes: these operations, and scratch memory that it is given; the caller
     * destroys them.
     */
    dnnl_primitive_attr attributes() {
        dnnl_primitive_attr attributes = new dnnl_primitive_attr();
        check(dnnl_primitive_attr_create(attributes), "dnnl_primitive_attr_create");
        check(
                dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user),
                "dnnl_primitive_attr_set_scratchpad_mode");
        dnnl_post_ops operations = new dnnl_post_ops();
        check(dnnl_post_ops_create(operations), "dnnl_post_ops_create");
        try {
            if (residual != null) {
                check(
                        dnnl_post_ops_append_binary(operations, dnnl_binary_add, residual.handle()),
                        "dnnl_post_ops_append_binary");
            }
            appendActivation(operations);
            check(
                    dnnl_primitive_attr_set_post_ops(attributes, operations),
                    "dnnl_primitive_attr_set_post_ops");
        } finally {
            dnnl_post_ops_destroy(operations);
        }
        return attributes;
    }

    private void appendActivation(dnnl_post_ops operations) {
        switch (activation.kind()) {
            case IDENTITY -> {}
            case RELU, LEAKY_RELU -> append(operations, dnnl_eltwise_relu, activation.slope(), 0);
            case RELU6 -> append(operations, dnnl_eltwise_clip_v2, 0, 6);
            default ->
                    throw new IllegalArgumentException(
                            activation.kind() + " cannot be the epilogue of a convolution");
        }
    }

    private void append(dnnl_post_ops operations, int kind, double alpha, double beta) {
        check(
                dnnl_post_ops_append_eltwise(operations, kind, (float) alpha, (float) beta),
                "dnnl_post_ops_append_eltwise");
    }

    private void check(int status, String call) {
        OneDnn.check(status, call, activation);
    }
}

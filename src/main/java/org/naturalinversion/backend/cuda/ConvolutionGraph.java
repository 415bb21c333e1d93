package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_CONVOLUTION_COMP_TYPE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_CONVOLUTION_CONV_MODE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_CONVOLUTION_DILATIONS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_CONVOLUTION_POST_PADDINGS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATIONGRAPH_HANDLE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATIONGRAPH_OPS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_POINTWISE_BDESC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_POINTWISE_XDESC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_OPERATION_POINTWISE_YDESC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_POINTWISE_MATH_PREC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_POINTWISE_MODE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_TENSOR_DATA_TYPE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_TENSOR_DIMENSIONS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_TENSOR_IS_VIRTUAL;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_TENSOR_STRIDES;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_TENSOR_UNIQUE_ID;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_POINTWISE_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_TENSOR_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_CROSS_CORRELATION;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DATA_BFLOAT16;
import static org.bytedeco.cuda.global.cudnn.CUDNN_DATA_FLOAT;
import static org.bytedeco.cuda.global.cudnn.CUDNN_POINTWISE_ADD;
import static org.bytedeco.cuda.global.cudnn.CUDNN_POINTWISE_RELU_FWD;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_CONVOLUTION_MODE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_DATA_TYPE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_POINTWISE_MODE;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.tensor.DType;

/**
 * A {@link Problem} as one of cuDNN's operation graphs: the convolution, then what follows it, one
 * pointwise operation after the other on tensors that need no memory. All tensors are NHWC; what is
 * between operations is float32.
 */
final class ConvolutionGraph implements AutoCloseable {
    /** The numbers by which tensors are given their memory. */
    static final int FIRST = 1;

    static final int SECOND = 2;
    static final int RESULT = 3;
    static final int BIAS = 4;
    static final int RESIDUAL = 5;
    private static final int VIRTUAL = 10;

    /** What all memory is aligned to, in bytes; engines ask for 16 at most. */
    static final int ALIGNMENT = 16;

    private final cudnnContext library;
    private final Problem problem;
    private final List<Descriptor> made = new ArrayList<>();
    private final List<Descriptor> operations = new ArrayList<>();
    private int virtual = VIRTUAL;
    private Descriptor graph;

    private ConvolutionGraph(cudnnContext library, Problem problem) {
        this.library = library;
        this.problem = problem;
    }

    /**
     * Describes a problem to cuDNN.
     *
     * @throws org.naturalinversion.backend.BackendException if cuDNN knows no such graph
     */
    static ConvolutionGraph of(cudnnContext library, Problem problem) {
        ConvolutionGraph graph = new ConvolutionGraph(library, problem);
        try {
            graph.build();
            return graph;
        } catch (RuntimeException e) {
            graph.close();
            throw e;
        }
    }

    Descriptor graph() {
        return graph;
    }

    private void build() {
        int steps =
                (problem.bias() == null ? 0 : 1)
                        + (problem.residual() ? 1 : 0)
                        + (problem.activation().equals(Activation.IDENTITY) ? 0 : 1);
        Descriptor value = steps == 0 ? result() : between();
        convolve(value);
        if (problem.bias() != null) {
            Descriptor next = --steps == 0 ? result() : between();
            add(value, bias(), next);
            value = next;
        }
        if (problem.residual()) {
            Descriptor next = --steps == 0 ? result() : between();
            add(value, like(RESIDUAL, problem.result(), false), next);
            value = next;
        }
        if (!problem.activation().equals(Activation.IDENTITY)) {
            activate(value, result());
        }
        graph =
                keep(new Descriptor(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR))
                        .library(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, library)
                        .descriptors(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations)
                        .complete();
    }

    private void convolve(Descriptor value) {
        Window window = problem.window();
        Descriptor convolution =
                keep(new Descriptor(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR))
                        .code(
                                CUDNN_ATTR_CONVOLUTION_COMP_TYPE,
                                CUDNN_TYPE_DATA_TYPE,
                                CUDNN_DATA_FLOAT)
                        .code(
                                CUDNN_ATTR_CONVOLUTION_CONV_MODE,
                                CUDNN_TYPE_CONVOLUTION_MODE,
                                CUDNN_CROSS_CORRELATION)
                        .integers(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 2)
                        .integers(
                                CUDNN_ATTR_CONVOLUTION_DILATIONS,
                                window.dilationHeight(),
                                window.dilationWidth())
                        .integers(
                                CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES,
                                window.strideHeight(),
                                window.strideWidth())
                        .integers(
                                CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS,
                                window.padTop(),
                                window.padLeft())
                        .integers(
                                CUDNN_ATTR_CONVOLUTION_POST_PADDINGS,
                                window.padBottom(),
                                window.padRight())
                        .complete();
        Descriptor operation =
                switch (problem.direction()) {
                    case FORWARD ->
                            new Descriptor(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                                            convolution)
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                                            image(FIRST, problem.operands(), false))
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                                            filters(SECOND, problem.operands()))
                                    .descriptor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, value)
                                    .real(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1)
                                    .real(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0);
                    case DATA ->
                            new Descriptor(
                                            CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR)
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                                            convolution)
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                                            output(FIRST, problem.operands(), false))
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                                            filters(SECOND, problem.operands()))
                                    .descriptor(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, value)
                                    .real(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1)
                                    .real(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0);
                    case WEIGHTS ->
                            new Descriptor(
                                            CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR)
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                                            convolution)
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                                            image(FIRST, problem.operands(), false))
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                                            output(SECOND, problem.operands(), false))
                                    .descriptor(
                                            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, value)
                                    .real(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1)
                                    .real(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, 0);
                };
        operations.add(keep(operation).complete());
    }

    private void add(Descriptor value, Descriptor summand, Descriptor sum) {
        Descriptor kind = pointwise(CUDNN_POINTWISE_ADD).complete();
        operations.add(
                apply(kind, value, sum)
                        .descriptor(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, summand)
                        .complete());
    }

    private void activate(Descriptor value, Descriptor into) {
        Activation activation = problem.activation();
        Descriptor kind = pointwise(CUDNN_POINTWISE_RELU_FWD);
        switch (activation.kind()) {
            case RELU -> {}
            case LEAKY_RELU ->
                    kind.real(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, activation.slope());
            case RELU6 -> kind.real(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, 6);
            default ->
                    throw new IllegalArgumentException(
                            activation.kind() + " cannot be the epilogue of a convolution");
        }
        operations.add(apply(kind.complete(), value, into).complete());
    }

    private Descriptor pointwise(int mode) {
        return keep(new Descriptor(CUDNN_BACKEND_POINTWISE_DESCRIPTOR))
                .code(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, mode)
                .code(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
    }

    private Descriptor apply(Descriptor kind, Descriptor x, Descriptor y) {
        return keep(new Descriptor(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR))
                .descriptor(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kind)
                .descriptor(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x)
                .descriptor(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
    }

    // ---- tensors: extents are given as N, C, H, W, and where they lie by their strides ----------

    private Descriptor result() {
        return problem.direction() == Direction.WEIGHTS
                ? filters(RESULT, problem.result())
                : like(RESULT, problem.result(), false);
    }

    private Descriptor between() {
        return like(virtual++, DType.F32, true);
    }

    /** A tensor with the extents of what is computed. */
    private Descriptor like(int number, DType type, boolean isVirtual) {
        return problem.direction() == Direction.DATA
                ? image(number, type, isVirtual)
                : output(number, type, isVirtual);
    }

    private Descriptor image(int number, DType type, boolean isVirtual) {
        return tensor(number, type, isVirtual, problem.n(), problem.c(), problem.h(), problem.w());
    }

    private Descriptor output(int number, DType type, boolean isVirtual) {
        return tensor(
                number, type, isVirtual, problem.n(), problem.k(), problem.oh(), problem.ow());
    }

    private Descriptor filters(int number, DType type) {
        return tensor(
                number,
                type,
                false,
                problem.k(),
                problem.c() / problem.groups(),
                problem.window().kernelHeight(),
                problem.window().kernelWidth());
    }

    private Descriptor bias() {
        return tensor(BIAS, problem.bias(), false, 1, problem.channels(), 1, 1);
    }

    private Descriptor tensor(
            int number, DType type, boolean isVirtual, long n, long c, long h, long w) {
        return keep(new Descriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR))
                .integers(CUDNN_ATTR_TENSOR_UNIQUE_ID, number)
                .code(
                        CUDNN_ATTR_TENSOR_DATA_TYPE,
                        CUDNN_TYPE_DATA_TYPE,
                        type == DType.BF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT)
                .integers(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, ALIGNMENT)
                .integers(CUDNN_ATTR_TENSOR_DIMENSIONS, n, c, h, w)
                .integers(CUDNN_ATTR_TENSOR_STRIDES, h * w * c, 1, w * c, c)
                .flag(CUDNN_ATTR_TENSOR_IS_VIRTUAL, isVirtual)
                .complete();
    }

    private Descriptor keep(Descriptor descriptor) {
        made.add(descriptor);
        return descriptor;
    }

    @Override
    public void close() {
        Descriptor.close(made);
        made.clear();
    }
}

package org.naturalinversion.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.tensor.DType;

/** A convolution by oneDNN, or a deconvolution, as it calls the transposed one. */
final class OneDnnConvolution extends Owned implements Convolution {
    private static final int RESIDUAL = DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1;

    private final OneDnn library;
    private final ConvolutionSpec spec;
    private final long[] stride;
    private final long[] dilation;
    private final long[] padBefore;
    private final long[] padAfter;
    private final Map<Direction, Primitive> primitives = new EnumMap<>(Direction.class);

    /** Reorders of the weights to what a direction uses, or for its gradient from that. */
    private final Map<Direction, Primitive> reorders = new EnumMap<>(Direction.class);

    OneDnnConvolution(OneDnn library, ConvolutionSpec spec) {
        super(List.of(library));
        this.library = library;
        this.spec = spec;
        Window window = spec.window();
        stride = new long[] {window.strideHeight(), window.strideWidth()};
        dilation = new long[] {window.dilationHeight() - 1, window.dilationWidth() - 1};
        padBefore = new long[] {window.padTop(), window.padLeft()};
        padAfter = new long[] {window.padBottom(), window.padRight()};
    }

    @Override
    public long packedBytes(Direction direction) {
        return primitive(direction).bytes(packed(direction));
    }

    @Override
    public long scratchBytes(Direction direction) {
        return primitive(direction).bytes(DNNL_ARG_SCRATCHPAD);
    }

    @Override
    public Routine pack(Direction direction) {
        if (direction == Direction.WEIGHTS) {
            throw new IllegalArgumentException("weights are packed for FORWARD and DATA");
        }
        return reorder("pack", direction);
    }

    @Override
    public Routine unpack() {
        return reorder("unpack", Direction.WEIGHTS);
    }

    @Override
    public Routine forward() {
        List<Integer> operands = new ArrayList<>(List.of(DNNL_ARG_SRC, DNNL_ARG_WEIGHTS));
        if (spec.bias()) {
            operands.add(DNNL_ARG_BIAS);
        }
        if (spec.residual()) {
            operands.add(RESIDUAL);
        }
        String signature = "r".repeat(operands.size()) + "ww";
        operands.addAll(List.of(DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD));
        return routine(Direction.FORWARD, signature, operands);
    }

    @Override
    public Routine dataGradient() {
        return routine(
                Direction.DATA,
                "rrww",
                List.of(
                        DNNL_ARG_DIFF_DST,
                        DNNL_ARG_WEIGHTS,
                        DNNL_ARG_DIFF_SRC,
                        DNNL_ARG_SCRATCHPAD));
    }

    @Override
    public Routine weightGradient() {
        List<Integer> operands =
                new ArrayList<>(List.of(DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS));
        if (spec.bias()) {
            operands.add(DNNL_ARG_DIFF_BIAS);
        }
        operands.add(DNNL_ARG_SCRATCHPAD);
        return routine(Direction.WEIGHTS, "rr" + "w".repeat(operands.size() - 2), operands);
    }

    @Override
    String what() {
        return "the convolution " + shapes();
    }

    @Override
    void free() {}

    private Routine routine(Direction direction, String signature, List<Integer> operands) {
        Primitive primitive = primitive(direction);
        String name =
                (spec.transposed() ? "deconv " : "conv ")
                        + (direction == Direction.FORWARD
                                ? ""
                                : direction.name().toLowerCase(java.util.Locale.ROOT) + " ")
                        + shapes()
                        + " "
                        + OneDnn.types(
                                spec.input(),
                                direction == Direction.FORWARD ? spec.output() : spec.input())
                        + " "
                        + primitive.implementation();
        return new PrimitiveRoutine(name, signature, spec.flops(), primitive, operands);
    }

    private Routine reorder(String verb, Direction direction) {
        requireOpen();
        Primitive primitive = reorders.computeIfAbsent(direction, this::describeReorder);
        String name =
                "%s %s %s %s"
                        .formatted(
                                verb,
                                direction.name().toLowerCase(java.util.Locale.ROOT),
                                shapes(),
                                primitive.implementation());
        return new PrimitiveRoutine(name, "rw", 0, primitive, List.of(DNNL_ARG_FROM, DNNL_ARG_TO));
    }

    /** Window and extents, as in 3x3 s1 64x16x16x128->128. */
    private String shapes() {
        Window w = spec.window();
        return "%dx%d %s%s%s %dx%dx%dx%d->%d"
                .formatted(
                        w.kernelHeight(),
                        w.kernelWidth(),
                        pair("s", w.strideHeight(), w.strideWidth()),
                        w.dilationHeight() * w.dilationWidth() == 1
                                ? ""
                                : " " + pair("d", w.dilationHeight(), w.dilationWidth()),
                        spec.groups() == 1 ? "" : " g" + spec.groups(),
                        spec.batch(),
                        spec.height(),
                        spec.width(),
                        spec.inChannels(),
                        spec.outChannels());
    }

    private static String pair(String letter, int height, int width) {
        return letter + (height == width ? "" + height : height + "x" + width);
    }

    private Primitive primitive(Direction direction) {
        requireOpen();
        return primitives.computeIfAbsent(direction, this::describe);
    }

    private Primitive describe(Direction direction) {
        return switch (direction) {
            case FORWARD -> describeForward();
            case DATA -> describeData();
            case WEIGHTS -> describeWeights();
        };
    }

    private Primitive describeForward() {
        try (Layout x = input();
                Layout w = Layout.any(spec.input(), weights());
                Layout bias = bias();
                Layout y = output(spec.output())) {
            String call =
                    spec.transposed()
                            ? "dnnl_deconvolution_forward_primitive_desc_create"
                            : "dnnl_convolution_forward_primitive_desc_create";
            return Primitive.describe(
                    library,
                    this,
                    call,
                    spec,
                    new Epilogue(spec.residual() ? y : null, spec.activation()),
                    (made, attributes) ->
                            spec.transposed()
                                    ? dnnl_deconvolution_forward_primitive_desc_create(
                                            made,
                                            library.engine(),
                                            dnnl_forward_training,
                                            dnnl_deconvolution_direct,
                                            x.handle(),
                                            w.handle(),
                                            spec.bias() ? bias.handle() : null,
                                            y.handle(),
                                            stride,
                                            dilation,
                                            padBefore,
                                            padAfter,
                                            attributes)
                                    : dnnl_convolution_forward_primitive_desc_create(
                                            made,
                                            library.engine(),
                                            dnnl_forward_training,
                                            dnnl_convolution_direct,
                                            x.handle(),
                                            w.handle(),
                                            spec.bias() ? bias.handle() : null,
                                            y.handle(),
                                            stride,
                                            dilation,
                                            padBefore,
                                            padAfter,
                                            attributes));
        }
    }

    private Primitive describeData() {
        try (Layout gx = input();
                Layout w = Layout.any(spec.input(), weights());
                Layout gy = output(spec.input())) {
            return Primitive.describe(
                    library,
                    this,
                    spec.transposed()
                            ? "dnnl_deconvolution_backward_data_primitive_desc_create"
                            : "dnnl_convolution_backward_data_primitive_desc_create",
                    spec,
                    Epilogue.NONE,
                    (made, attributes) ->
                            spec.transposed()
                                    ? dnnl_deconvolution_backward_data_primitive_desc_create(
                                            made,
                                            library.engine(),
                                            dnnl_deconvolution_direct,
                                            gx.handle(),
                                            w.handle(),
                                            gy.handle(),
                                            stride,
                                            dilation,
                                            padBefore,
                                            padAfter,
                                            null,
                                            attributes)
                                    : dnnl_convolution_backward_data_primitive_desc_create(
                                            made,
                                            library.engine(),
                                            dnnl_convolution_direct,
                                            gx.handle(),
                                            w.handle(),
                                            gy.handle(),
                                            stride,
                                            dilation,
                                            padBefore,
                                            padAfter,
                                            null,
                                            attributes));
        }
    }

    private Primitive describeWeights() {
        try (Layout x = input();
                Layout gw = Layout.any(DType.F32, weights());
                Layout bias = bias();
                Layout gy = output(spec.input())) {
            return Primitive.describe(
                    library,
                    this,
                    spec.transposed()
                            ? "dnnl_deconvolution_backward_weights_primitive_desc_create"
                            : "dnnl_convolution_backward_weights_primitive_desc_create",
                    spec,
                    Epilogue.NONE,
                    (made, attributes) ->
                            spec.transposed()
                                    ? dnnl_deconvolution_backward_weights_primitive_desc_create(
                                            made,
                                            library.engine(),
                                            dnnl_deconvolution_direct,
                                            x.handle(),
                                            gw.handle(),
                                            spec.bias() ? bias.handle() : null,
                                            gy.handle(),
                                            stride,
                                            dilation,
                                            padBefore,
                                            padAfter,
                                            null,
                                            attributes)
                                    : dnnl_convolution_backward_weights_primitive_desc_create(
                                            made,
                                            library.engine(),
                                            dnnl_convolution_direct,
                                            x.handle(),
                                            gw.handle(),
                                            spec.bias() ? bias.handle() : null,
                                            gy.handle(),
                                            stride,
                                            dilation,
                                            padBefore,
                                            padAfter,
                                            null,
                                            attributes));
        }
    }

    private Primitive describeReorder(Direction direction) {
        try (Layout outside = Layout.dense(DType.F32, weights())) {
            var inside = primitive(direction).layout(packed(direction));
            boolean in = direction != Direction.WEIGHTS;
            return Primitive.describe(
                    library,
                    this,
                    "dnnl_reorder_primitive_desc_create",
                    spec,
                    Epilogue.NONE,
                    (made, attributes) ->
                            dnnl_reorder_primitive_desc_create(
                                    made,
                                    in ? outside.handle() : inside,
                                    library.engine(),
                                    in ? inside : outside.handle(),
                                    library.engine(),
                                    attributes));
        }
    }

    private static int packed(Direction direction) {
        return direction == Direction.WEIGHTS ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS;
    }

    private Layout input() {
        return Layout.nhwc(
                spec.input(), spec.batch(), spec.height(), spec.width(), spec.inChannels());
    }

    private Layout output(DType type) {
        return Layout.nhwc(
                type, spec.batch(), spec.outHeight(), spec.outWidth(), spec.outChannels());
    }

    private Layout bias() {
        return Layout.dense(DType.F32, spec.outChannels());
    }

    /** Extents of the weights: O, I, KH, KW, or of each group's after the number of groups. */
    private long[] weights() {
        long groups = spec.groups();
        long out = spec.outChannels() / groups;
        long in = spec.inChannels() / groups;
        long height = spec.window().kernelHeight();
        long width = spec.window().kernelWidth();
        return groups == 1
                ? new long[] {out, in, height, width}
                : new long[] {groups, out, in, height, width};
    }
}

package org.naturalinversion.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_convolution_direct;
import static org.bytedeco.dnnl.global.dnnl.dnnl_deconvolution_direct;
import static org.bytedeco.dnnl.global.dnnl.dnnl_forward_training;
import static org.bytedeco.dnnl.global.dnnl.dnnl_reorder_primitive_desc_create;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Owned;
import org.naturalinversion.backend.jni.Sequence;
import org.naturalinversion.tensor.DType;

/**
 * A convolution by oneDNN, or what it calls a deconvolution: a transposed one. Both know weights as
 * O, I/groups, KH, KW, like us. Each direction is described when it is first asked for.
 */
final class OneDnnConvolution extends Owned implements Convolution {
    /** The second operand of the first operation after the convolution. */
    private static final int RESIDUAL = DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1;

    private final OneDnn library;
    private final ConvolutionSpec spec;
    private final long[] stride;
    private final long[] dilation;
    private final long[] padBefore;
    private final long[] padAfter;
    private final Map<Direction, Primitive> primitives = new EnumMap<>(Direction.class);

    /** The first of them is the primitive of that direction. */
    private List<Primitive> weightParts = List.of();

    /** The weights to the layout that a direction uses; their gradient from its layout to ours. */
    private final Map<Direction, Primitive> reorders = new EnumMap<>(Direction.class);

    OneDnnConvolution(OneDnn library, Owned owner, ConvolutionSpec spec) {
        super(List.of(owner));
        this.library = library;
        this.spec = OneDnnFault.avoided(spec);
        Window window = this.spec.window();
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
        primitive(direction);
        return direction == Direction.WEIGHTS && weightParts.size() > 1
                ? parted().scratchBytes()
                : primitive(direction).bytes(DNNL_ARG_SCRATCHPAD);
    }

    @Override
    public Routine pack(Direction direction) {
        if (direction == Direction.WEIGHTS) {
            throw new IllegalArgumentException("weights are packed for FORWARD and DATA");
        }
        return reorder("pack", direction);
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
        return routine("", Direction.FORWARD, spec.output(), signature, operands);
    }

    @Override
    public Routine dataGradient() {
        return routine(
                "data ",
                Direction.DATA,
                spec.input(),
                "rrww",
                List.of(
                        DNNL_ARG_DIFF_DST,
                        DNNL_ARG_WEIGHTS,
                        DNNL_ARG_DIFF_SRC,
                        DNNL_ARG_SCRATCHPAD));
    }

    @Override
    public Routine weightGradient() {
        List<Integer> operands = gradientOperands();
        String signature = "rr" + "w".repeat(operands.size() - 2);
        Routine gradient = routine("weights ", Direction.WEIGHTS, DType.F32, signature, operands);
        if (weightParts.size() > 1) {
            gradient =
                    parted().routine(
                                    gradient.name() + " in " + weightParts.size() + " parts",
                                    signature);
        }
        return OneDnnFault.leavesGaps(spec) ? cleared(gradient) : gradient;
    }

    private PartedGradient parted() {
        return new PartedGradient(library, spec, weightParts, gradientOperands());
    }

    private List<Integer> gradientOperands() {
        List<Integer> operands =
                new ArrayList<>(List.of(DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS));
        if (spec.bias()) {
            operands.add(DNNL_ARG_DIFF_BIAS);
        }
        operands.add(DNNL_ARG_SCRATCHPAD);
        return operands;
    }

    /** A routine for which gradients and scratch memory are zeros when it begins. */
    private Routine cleared(Routine gradient) {
        Routine clear = library.backend().kernels().find("clear");
        return new Sequence(
                gradient.name(),
                gradient.signature(),
                gradient.flops(),
                arguments -> {
                    List<Task> tasks = new ArrayList<>();
                    for (Object written : arguments.subList(2, arguments.size())) {
                        if (written instanceof Memory memory) {
                            tasks.add(clear.bind(List.of(memory, memory.bytes())));
                        }
                    }
                    tasks.add(gradient.bind(arguments));
                    return tasks;
                });
    }

    @Override
    public Routine unpack() {
        return reorder("unpack", Direction.WEIGHTS);
    }

    /** Which of its implementations oneDNN has chosen. */
    String implementation(Direction direction) {
        return primitive(direction).implementation();
    }

    @Override
    protected String what() {
        return spec.name(spec.output());
    }

    /** All that is native about this is the primitives', and those are owned. */
    @Override
    protected void free() {}

    private Routine routine(
            String prefix,
            Direction direction,
            DType result,
            String signature,
            List<Integer> operands) {
        Primitive primitive = primitive(direction);
        String name = "%s%s %s".formatted(prefix, spec.name(result), primitive.implementation());
        return new PrimitiveRoutine(name, signature, spec.flops(), primitive, operands);
    }

    private Routine reorder(String verb, Direction direction) {
        requireOpen();
        Primitive primitive = reorders.get(direction);
        if (primitive == null) {
            primitive = describeReorder(direction);
            reorders.put(direction, primitive);
        }
        String name =
                "%s %s %s %s"
                        .formatted(
                                verb,
                                direction.name().toLowerCase(Locale.ROOT),
                                spec.name(DType.F32),
                                primitive.implementation());
        return new PrimitiveRoutine(name, "rw", 0, primitive, List.of(DNNL_ARG_FROM, DNNL_ARG_TO));
    }

    private Primitive primitive(Direction direction) {
        requireOpen();
        return primitives.computeIfAbsent(
                direction,
                d ->
                        switch (d) {
                            case FORWARD -> sound(describeForward(), d);
                            case DATA -> chooseData();
                            case WEIGHTS -> chooseWeights();
                        });
    }

    /** The first implementation from here on that computes this convolution right. */
    private Primitive sound(Primitive primitive, Direction direction) {
        if (!primitive.skipWhile(name -> OneDnnFault.isIn(name, spec, direction))) {
            throw new BackendException(
                    "oneDNN computes %s wrongly and has no other implementation".formatted(what()));
        }
        return primitive;
    }

    // ---- descriptions: oneDNN has each function twice, for convolutions and deconvolutions -----

    private interface DescribeForward {
        int call(
                dnnl_primitive_desc made,
                dnnl_engine engine,
                int purpose,
                int algorithm,
                dnnl_memory_desc x,
                dnnl_memory_desc w,
                dnnl_memory_desc bias,
                dnnl_memory_desc y,
                long[] stride,
                long[] dilation,
                long[] padBefore,
                long[] padAfter,
                dnnl_primitive_attr attributes);
    }

    private interface DescribeData {
        int call(
                dnnl_primitive_desc made,
                dnnl_engine engine,
                int algorithm,
                dnnl_memory_desc gx,
                dnnl_memory_desc w,
                dnnl_memory_desc gy,
                long[] stride,
                long[] dilation,
                long[] padBefore,
                long[] padAfter,
                dnnl_primitive_desc hint,
                dnnl_primitive_attr attributes);
    }

    private interface DescribeWeights {
        int call(
                dnnl_primitive_desc made,
                dnnl_engine engine,
                int algorithm,
                dnnl_memory_desc x,
                dnnl_memory_desc gw,
                dnnl_memory_desc gb,
                dnnl_memory_desc gy,
                long[] stride,
                long[] dilation,
                long[] padBefore,
                long[] padAfter,
                dnnl_primitive_desc hint,
                dnnl_primitive_attr attributes);
    }

    private Primitive describeForward() {
        DescribeForward describe =
                spec.transposed()
                        ? dnnl::dnnl_deconvolution_forward_primitive_desc_create
                        : dnnl::dnnl_convolution_forward_primitive_desc_create;
        try (Layout x = input();
                Layout w = Layout.any(spec.input(), weights());
                Layout bias = bias();
                Layout y = output(spec.output())) {
            return describe(
                    "forward",
                    new Epilogue(spec.residual() ? y : null, spec.activation()),
                    (made, attributes) ->
                            describe.call(
                                    made,
                                    library.engine(),
                                    dnnl_forward_training,
                                    algorithm(),
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

    /**
     * Of the input's gradient under a stride oneDNN's first choice takes two to four times as long
     * as its second where the window is a point, and up to three times where there are few output
     * channels; from 128 on it is as fast or faster.
     */
    private Primitive chooseData() {
        Primitive first = sound(describeData(), Direction.DATA);
        Window window = spec.window();
        boolean point = window.kernelHeight() * window.kernelWidth() == 1;
        if (first.implementation().startsWith("brgconv_strided")
                && (point || spec.outChannels() <= 64)) {
            Primitive second = describeData();
            if (second.skipWhile(name -> !name.startsWith("jit"))) {
                first.close();
                return second;
            }
            second.close();
        }
        return first;
    }

    private Primitive describeData() {
        DescribeData describe =
                spec.transposed()
                        ? dnnl::dnnl_deconvolution_backward_data_primitive_desc_create
                        : dnnl::dnnl_convolution_backward_data_primitive_desc_create;
        try (Layout gx = input();
                Layout w = Layout.any(spec.input(), weights());
                Layout gy = output(spec.input())) {
            return describe(
                    "backward_data",
                    Epilogue.NONE,
                    (made, attributes) ->
                            describe.call(
                                    made,
                                    library.engine(),
                                    algorithm(),
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

    private Primitive chooseWeights() {
        int threads = library.backend().threads();
        weightParts = PartedGradient.describe(spec, threads, this::describeWeights);
        return weightParts.get(0);
    }

    private Primitive describeWeights(int images, int threads) {
        DescribeWeights describe =
                spec.transposed()
                        ? dnnl::dnnl_deconvolution_backward_weights_primitive_desc_create
                        : dnnl::dnnl_convolution_backward_weights_primitive_desc_create;
        try (Layout x = input(images);
                Layout gw = Layout.any(DType.F32, weights());
                Layout gb = bias();
                Layout gy = output(images, spec.input())) {
            return describe(
                    "backward_weights",
                    threads,
                    Epilogue.NONE,
                    (made, attributes) ->
                            describe.call(
                                    made,
                                    library.engine(),
                                    algorithm(),
                                    x.handle(),
                                    gw.handle(),
                                    spec.bias() ? gb.handle() : null,
                                    gy.handle(),
                                    stride,
                                    dilation,
                                    padBefore,
                                    padAfter,
                                    null,
                                    attributes));
        }
    }

    private Primitive describe(String direction, Epilogue epilogue, Primitive.Describe describe) {
        return describe(direction, library.backend().threads(), epilogue, describe);
    }

    private Primitive describe(
            String direction, int threads, Epilogue epilogue, Primitive.Describe describe) {
        String call =
                "dnnl_%sconvolution_%s_primitive_desc_create"
                        .formatted(spec.transposed() ? "de" : "", direction);
        return Primitive.describe(library, this, call, spec, threads, epilogue, describe);
    }

    private Primitive describeReorder(Direction direction) {
        dnnl_memory_desc inside = primitive(direction).layout(packed(direction));
        boolean pack = direction != Direction.WEIGHTS;
        try (Layout outside = Layout.dense(DType.F32, weights())) {
            return Primitive.describe(
                    library,
                    this,
                    "dnnl_reorder_primitive_desc_create",
                    spec,
                    Epilogue.NONE,
                    (made, attributes) ->
                            dnnl_reorder_primitive_desc_create(
                                    made,
                                    pack ? outside.handle() : inside,
                                    library.engine(),
                                    pack ? inside : outside.handle(),
                                    library.engine(),
                                    attributes));
        }
    }

    private int algorithm() {
        return spec.transposed() ? dnnl_deconvolution_direct : dnnl_convolution_direct;
    }

    private static int packed(Direction direction) {
        return direction == Direction.WEIGHTS ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS;
    }

    private Layout input() {
        return input(spec.batch());
    }

    private Layout input(int images) {
        return Layout.nhwc(spec.input(), images, spec.height(), spec.width(), spec.inChannels());
    }

    private Layout output(DType type) {
        return output(spec.batch(), type);
    }

    private Layout output(int images, DType type) {
        return Layout.nhwc(type, images, spec.outHeight(), spec.outWidth(), spec.outChannels());
    }

    private Layout bias() {
        return Layout.dense(DType.F32, spec.outChannels());
    }

    /**
     * Extents of the weights; of each group's, after the number of groups, if there are several.
     */
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

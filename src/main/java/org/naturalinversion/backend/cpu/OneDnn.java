package org.naturalinversion.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx10_2_512;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx10_2_512_amx_2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx2_vnni;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx2_vnni_2;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_amx;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_amx_fp16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_fp16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_vnni;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_sse41;
import static org.bytedeco.dnnl.global.dnnl.dnnl_engine_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_engine_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_get_effective_cpu_isa;
import static org.bytedeco.dnnl.global.dnnl.dnnl_invalid_arguments;
import static org.bytedeco.dnnl.global.dnnl.dnnl_invalid_data_type;
import static org.bytedeco.dnnl.global.dnnl.dnnl_invalid_shape;
import static org.bytedeco.dnnl.global.dnnl.dnnl_last_impl_reached;
import static org.bytedeco.dnnl.global.dnnl.dnnl_matmul_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_not_required;
import static org.bytedeco.dnnl.global.dnnl.dnnl_out_of_memory;
import static org.bytedeco.dnnl.global.dnnl.dnnl_runtime_error;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_default_flags;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_destroy;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;
import static org.bytedeco.dnnl.global.dnnl.dnnl_unimplemented;
import static org.bytedeco.dnnl.global.dnnl.dnnl_version;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.dnnl_version_t;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.Dnn;
import org.naturalinversion.backend.MatmulSpec;
import org.naturalinversion.backend.jni.Owned;
import org.naturalinversion.tensor.DType;

/** Convolutions and matrix products by oneDNN. */
final class OneDnn extends Owned implements Dnn {
    private final CpuBackend backend;
    private final dnnl_engine engine = new dnnl_engine();
    private final dnnl_stream stream;
    private final Map<MatmulSpec, Primitive> products = new HashMap<>();

    OneDnn(CpuBackend backend) {
        super(List.of(backend));
        this.backend = backend;
        check(dnnl_engine_create(engine, dnnl_cpu, 0), "dnnl_engine_create", "cpu");
        this.stream = newStream();
    }

    /** A stream for one thread; the caller destroys it. */
    dnnl_stream newStream() {
        dnnl_stream made = new dnnl_stream();
        check(
                dnnl_stream_create(made, engine, dnnl_stream_default_flags),
                "dnnl_stream_create",
                "cpu");
        return made;
    }

    CpuBackend backend() {
        return backend;
    }

    dnnl_engine engine() {
        return engine;
    }

    dnnl_stream stream() {
        return stream;
    }

    @Override
    public Convolution convolution(ConvolutionSpec spec) {
        requireOpen();
        if (spec.input() == DType.BF16 && !hasBf16()) {
            return new WidenedConvolution(this, spec);
        }
        return ThinConvolution.suits(spec)
                ? new ThinConvolution(this, spec)
                : new OneDnnConvolution(this, this, spec);
    }

    /** Products are kept until the backend is closed: plans come and go, their shapes return. */
    @Override
    public Prepared matmul(MatmulSpec spec) {
        requireOpen();
        if (spec.input() == DType.BF16 && !hasBf16()) {
            return widened(spec);
        }
        Primitive product = products.computeIfAbsent(spec, this::product);
        List<Integer> operands = new ArrayList<>(List.of(DNNL_ARG_SRC, DNNL_ARG_WEIGHTS));
        if (spec.bias()) {
            operands.add(DNNL_ARG_BIAS);
        }
        operands.addAll(List.of(DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD));
        return new Prepared(
                new PrimitiveRoutine(
                        spec.name() + " " + product.implementation(),
                        spec.bias() ? "rrrww" : "rrww",
                        spec.flops(),
                        product,
                        operands),
                product.bytes(DNNL_ARG_SCRATCHPAD));
    }

    private Prepared widened(MatmulSpec spec) {
        Prepared wide =
                matmul(
                        new MatmulSpec(
                                spec.m(),
                                spec.n(),
                                spec.k(),
                                spec.transposeA(),
                                spec.transposeB(),
                                DType.F32,
                                DType.F32,
                                spec.bias(),
                                spec.tf32()));
        List<Long> widths =
                new ArrayList<>(List.of(2L * spec.m() * spec.k(), 2L * spec.k() * spec.n()));
        if (spec.bias()) {
            widths.add(0L);
        }
        widths.add(spec.output() == DType.F32 ? 0 : 2L * spec.m() * spec.n());
        Widened widened =
                new Widened(backend.kernels(), wide.routine(), wide.scratchBytes(), widths);
        return new Prepared(widened.widen(spec.name() + " widened"), widened.bytes());
    }

    /** Whether oneDNN computes with bfloat16 here: it does where there are 512-bit vectors. */
    private static boolean hasBf16() {
        String instructions = instructions();
        return instructions.startsWith("avx512_core")
                || instructions.startsWith("avx10")
                || instructions.equals("avx2_vnni_2");
    }

    private Primitive product(MatmulSpec spec) {
        try (Layout a = Layout.matrix(spec.input(), spec.m(), spec.k(), spec.transposeA());
                Layout b = Layout.matrix(spec.input(), spec.k(), spec.n(), spec.transposeB());
                Layout c = Layout.matrix(spec.output(), spec.m(), spec.n(), false);
                Layout bias = Layout.matrix(DType.F32, 1, spec.n(), false)) {
            return Primitive.describe(
                    this,
                    this,
                    "dnnl_matmul_primitive_desc_create",
                    spec,
                    Epilogue.NONE,
                    (made, attributes) ->
                            dnnl_matmul_primitive_desc_create(
                                    made,
                                    engine,
                                    a.handle(),
                                    b.handle(),
                                    spec.bias() ? bias.handle() : null,
                                    c.handle(),
                                    attributes));
        }
    }

    @Override
    protected String what() {
        return "oneDNN's engine";
    }

    @Override
    protected void free() {
        dnnl_stream_destroy(stream);
        dnnl_engine_destroy(engine);
    }

    /**
     * Turns oneDNN's statuses into exceptions.
     *
     * @param subject what the call was about
     */
    static void check(int status, String call, Object subject) {
        if (status != dnnl_success) {
            String about =
                    subject instanceof long[] extents
                            ? Arrays.toString(extents)
                            : String.valueOf(subject);
            throw new BackendException("%s: %s for %s".formatted(call, status(status), about));
        }
    }

    static String version() {
        dnnl_version_t version = dnnl_version();
        return "%d.%d.%d".formatted(version.major(), version.minor(), version.patch());
    }

    /** The instruction set that oneDNN uses, as it names it. */
    static String instructions() {
        int isa = dnnl_get_effective_cpu_isa();
        Map<Integer, String> names =
                Map.ofEntries(
                        Map.entry(dnnl_cpu_isa_sse41, "sse41"),
                        Map.entry(dnnl_cpu_isa_avx, "avx"),
                        Map.entry(dnnl_cpu_isa_avx2, "avx2"),
                        Map.entry(dnnl_cpu_isa_avx2_vnni, "avx2_vnni"),
                        Map.entry(dnnl_cpu_isa_avx2_vnni_2, "avx2_vnni_2"),
                        Map.entry(dnnl_cpu_isa_avx512_core, "avx512_core"),
                        Map.entry(dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"),
                        Map.entry(dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"),
                        Map.entry(dnnl_cpu_isa_avx512_core_fp16, "avx512_core_fp16"),
                        Map.entry(dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"),
                        Map.entry(dnnl_cpu_isa_avx512_core_amx_fp16, "avx512_core_amx_fp16"),
                        Map.entry(dnnl_cpu_isa_avx10_2_512, "avx10_2_512"),
                        Map.entry(dnnl_cpu_isa_avx10_2_512_amx_2, "avx10_2_512_amx_2"));
        return names.getOrDefault(isa, "0x" + Integer.toHexString(isa));
    }

    private static String status(int status) {
        return switch (status) {
            case dnnl_out_of_memory -> "dnnl_out_of_memory";
            case dnnl_invalid_arguments -> "dnnl_invalid_arguments";
            case dnnl_unimplemented -> "dnnl_unimplemented";
            case dnnl_last_impl_reached -> "dnnl_last_impl_reached";
            case dnnl_runtime_error -> "dnnl_runtime_error";
            case dnnl_not_required -> "dnnl_not_required";
            case dnnl_invalid_shape -> "dnnl_invalid_shape";
            case dnnl_invalid_data_type -> "dnnl_invalid_data_type";
            default -> "status " + status;
        };
    }
}

package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cublas.CUBLASLT_EPILOGUE_BIAS;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_DESC_BIAS_POINTER;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_DESC_EPILOGUE;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_DESC_TRANSA;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_DESC_TRANSB;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES;
import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F;
import static org.bytedeco.cuda.global.cublas.CUBLAS_COMPUTE_32F_FAST_TF32;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_N;
import static org.bytedeco.cuda.global.cublas.CUBLAS_OP_T;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmul;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulAlgoGetHeuristic;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulDescCreate;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulDescDestroy;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulDescSetAttribute;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulPreferenceCreate;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulPreferenceDestroy;
import static org.bytedeco.cuda.global.cublas.cublasLtMatmulPreferenceSetAttribute;
import static org.bytedeco.cuda.global.cublas.cublasLtMatrixLayoutCreate;
import static org.bytedeco.cuda.global.cublas.cublasLtMatrixLayoutDestroy;
import static org.bytedeco.cuda.global.cudart.CUDA_R_16BF;
import static org.bytedeco.cuda.global.cudart.CUDA_R_32F;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.cuda.cublas.cublasLtMatmulDescOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulHeuristicResult_t;
import org.bytedeco.cuda.cublas.cublasLtMatmulPreferenceOpaque_t;
import org.bytedeco.cuda.cublas.cublasLtMatrixLayoutOpaque_t;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.MatmulSpec;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Arguments;
import org.naturalinversion.backend.jni.NativeMemory;
import org.naturalinversion.backend.jni.Owned;
import org.naturalinversion.tensor.DType;

/**
 * A matrix product by cuBLASLt. That knows matrices column by column: what is [m, n] row by row is
 * [n, m] to it, so it is asked for the transposed product, b's transpose times a's.
 */
final class Product extends Owned implements Routine {
    private static final long WORKSPACE = 32 << 20;

    /** The choice depends on whether there is a bias, not on where. */
    private static final long ANY_ADDRESS = 256;

    /** What the memory planner and the variables keep to. */
    private static final int ALIGNMENT = 16;

    private final CudaDnn library;
    private final MatmulSpec spec;
    private final boolean fusesBias;
    private final cublasLtMatmulDescOpaque_t description;
    private final cublasLtMatrixLayoutOpaque_t first;
    private final cublasLtMatrixLayoutOpaque_t second;
    private final cublasLtMatrixLayoutOpaque_t result;
    private final cublasLtMatmulHeuristicResult_t choice = new cublasLtMatmulHeuristicResult_t();
    private final FloatPointer one = new FloatPointer(1f);
    private final FloatPointer zero = new FloatPointer(0f);

    Product(CudaDnn library, MatmulSpec spec) {
        super(List.of(library));
        this.library = library;
        this.spec = spec;
        // A bias has the result's type there, and is float32 here.
        this.fusesBias = spec.bias() && spec.output() == DType.F32;
        this.description = describe(fusesBias ? ANY_ADDRESS : 0);
        int input = type(spec.input());
        this.first =
                spec.transposeB()
                        ? layout(input, spec.k(), spec.n())
                        : layout(input, spec.n(), spec.k());
        this.second =
                spec.transposeA()
                        ? layout(input, spec.m(), spec.k())
                        : layout(input, spec.k(), spec.m());
        this.result = layout(type(spec.output()), spec.n(), spec.m());
        choose();
    }

    private static int type(DType type) {
        return type == DType.BF16 ? CUDA_R_16BF : CUDA_R_32F;
    }

    /** A product's kind; its bias lies at the given address, if that is not 0. */
    private cublasLtMatmulDescOpaque_t describe(long bias) {
        try (PointerPointer<cublasLtMatmulDescOpaque_t> made = new PointerPointer<>(1)) {
            int compute = spec.tf32() ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
            check(cublasLtMatmulDescCreate(made, compute, CUDA_R_32F), "cublasLtMatmulDescCreate");
            cublasLtMatmulDescOpaque_t kind = made.get(cublasLtMatmulDescOpaque_t.class);
            set(kind, CUBLASLT_MATMUL_DESC_TRANSA, spec.transposeB() ? CUBLAS_OP_T : CUBLAS_OP_N);
            set(kind, CUBLASLT_MATMUL_DESC_TRANSB, spec.transposeA() ? CUBLAS_OP_T : CUBLAS_OP_N);
            if (bias != 0) {
                set(kind, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
                try (LongPointer address = new LongPointer(new long[] {bias})) {
                    check(
                            cublasLtMatmulDescSetAttribute(
                                    kind, CUBLASLT_MATMUL_DESC_BIAS_POINTER, address, 8),
                            "cublasLtMatmulDescSetAttribute");
                }
            }
            return kind;
        }
    }

    private void set(cublasLtMatmulDescOpaque_t kind, int attribute, int value) {
        try (IntPointer pointer = new IntPointer(new int[] {value})) {
            check(
                    cublasLtMatmulDescSetAttribute(kind, attribute, pointer, 4),
                    "cublasLtMatmulDescSetAttribute");
        }
    }

    /** A dense matrix, column by column. */
    private cublasLtMatrixLayoutOpaque_t layout(int type, long rows, long columns) {
        try (PointerPointer<cublasLtMatrixLayoutOpaque_t> made = new PointerPointer<>(1)) {
            check(
                    cublasLtMatrixLayoutCreate(made, type, rows, columns, rows),
                    "cublasLtMatrixLayoutCreate");
            return made.get(cublasLtMatrixLayoutOpaque_t.class);
        }
    }

    private void choose() {
        try (PointerPointer<cublasLtMatmulPreferenceOpaque_t> made = new PointerPointer<>(1)) {
            check(cublasLtMatmulPreferenceCreate(made), "cublasLtMatmulPreferenceCreate");
            cublasLtMatmulPreferenceOpaque_t preference =
                    made.get(cublasLtMatmulPreferenceOpaque_t.class);
            try (LongPointer workspace = new LongPointer(new long[] {WORKSPACE});
                    IntPointer alignment = new IntPointer(new int[] {ALIGNMENT})) {
                prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace, 8);
                prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment, 4);
                prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment, 4);
                prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment, 4);
                prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment, 4);
                int[] found = new int[1];
                check(
                        cublasLtMatmulAlgoGetHeuristic(
                                library.cublas(),
                                description,
                                first,
                                second,
                                result,
                                result,
                                preference,
                                1,
                                choice,
                                found),
                        "cublasLtMatmulAlgoGetHeuristic");
                if (found[0] == 0) {
                    throw new BackendException("cuBLAS has no algorithm for " + spec.name());
                }
            } finally {
                cublasLtMatmulPreferenceDestroy(preference);
            }
        }
    }

    private void prefer(
            cublasLtMatmulPreferenceOpaque_t preference, int attribute, Pointer value, long bytes) {
        check(
                cublasLtMatmulPreferenceSetAttribute(preference, attribute, value, bytes),
                "cublasLtMatmulPreferenceSetAttribute");
    }

    private void check(int status, String call) {
        Status.cublas(status, call, spec.name());
    }

    /** Size of its workspace. */
    long scratchBytes() {
        return choice.workspaceSize();
    }

    @Override
    public String name() {
        return spec.name() + " cublas";
    }

    @Override
    public String signature() {
        return spec.bias() ? "rrrww" : "rrww";
    }

    @Override
    public double flops() {
        return spec.flops();
    }

    @Override
    public Task bind(List<Object> arguments) {
        requireOpen();
        Arguments.check(this, arguments);
        List<Object> memory = new ArrayList<>(arguments);
        Memory bias = spec.bias() ? (Memory) memory.remove(2) : null;
        requireBytes(memory.get(0), (long) spec.m() * spec.k() * spec.input().bytes());
        requireBytes(memory.get(1), (long) spec.k() * spec.n() * spec.input().bytes());
        requireBytes(memory.get(2), (long) spec.m() * spec.n() * spec.output().bytes());
        requireBytes(memory.get(3), scratchBytes());
        if (spec.bias()) {
            requireBytes(bias, 4L * spec.n());
        }
        Call call = new Call(arguments, memory, fusesBias ? bias : null);
        if (!spec.bias() || fusesBias) {
            return call;
        }
        Task add =
                library.backend()
                        .kernels()
                        .find("convolution_epilogue")
                        .bind(
                                Arrays.asList(
                                        spec.output().code(),
                                        bias,
                                        null,
                                        memory.get(2),
                                        (long) spec.m(),
                                        (long) spec.n(),
                                        Activation.IDENTITY.kind().ordinal(),
                                        0.0));
        return () -> {
            call.run();
            add.run();
        };
    }

    private void requireBytes(Object memory, long needs) {
        long has = memory == null ? 0 : ((Memory) memory).bytes();
        if (has < needs) {
            throw new IllegalArgumentException(
                    "an argument of %s (%s) must have %d bytes, not %d"
                            .formatted(name(), signature(), needs, has));
        }
    }

    @Override
    protected String what() {
        return spec.name();
    }

    @Override
    protected void free() {
        cublasLtMatmulDescDestroy(description);
        cublasLtMatrixLayoutDestroy(first);
        cublasLtMatrixLayoutDestroy(second);
        cublasLtMatrixLayoutDestroy(result);
        choice.close();
        one.close();
        zero.close();
    }

    private List<Owned> owners(List<Object> arguments) {
        List<Owned> owners = new ArrayList<>(Arguments.buffers(arguments, library.backend()));
        owners.add(this);
        return owners;
    }

    /** The product of what it was bound to; the bias's address is part of a kind of its own. */
    private final class Call extends Owned implements Task {
        private final cublasLtMatmulDescOpaque_t kind;
        private final Pointer a;
        private final Pointer b;
        private final Pointer c;
        private final Pointer scratch;

        Call(List<Object> arguments, List<Object> memory, Memory bias) {
            super(owners(arguments));
            kind = bias == null ? null : describe(Arguments.address(bias, library.backend()));
            a = pointer(memory.get(0));
            b = pointer(memory.get(1));
            c = pointer(memory.get(2));
            scratch = memory.get(3) == null ? null : pointer(memory.get(3));
        }

        private Pointer pointer(Object memory) {
            return NativeMemory.at(Arguments.address((Memory) memory, library.backend()));
        }

        @Override
        public void run() {
            requireOpen();
            library.backend().enter();
            check(
                    cublasLtMatmul(
                            library.cublas(),
                            kind == null ? description : kind,
                            one,
                            b,
                            first,
                            a,
                            second,
                            zero,
                            c,
                            result,
                            c,
                            result,
                            choice.algo(),
                            scratch,
                            scratchBytes(),
                            library.backend().stream()),
                    "cublasLtMatmul");
        }

        @Override
        protected String what() {
            return "the memory that " + spec.name() + " was bound to";
        }

        @Override
        protected void free() {
            if (kind != null) {
                cublasLtMatmulDescDestroy(kind);
            }
        }
    }
}

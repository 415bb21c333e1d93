package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINECFG_ENGINE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINEHEUR_MODE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINEHEUR_RESULTS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINE_GLOBAL_INDEX;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINE_NUMERICAL_NOTE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_EXECUTION_PLAN_HANDLE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_ENGINECFG_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_ENGINE_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_HEUR_MODE_A;
import static org.bytedeco.cuda.global.cudnn.CUDNN_HEUR_MODE_FALLBACK;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_FFT;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_TENSOR_CORE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_TYPE_COUNT;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_WINOGRAD;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4;
import static org.bytedeco.cuda.global.cudnn.CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_HEUR_MODE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_NUMERICAL_NOTE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.backend.jni.Owned;
import org.naturalinversion.tensor.DType;

/**
 * One of cuDNN's engines, ready to solve a problem: the one that was fastest when all were tried.
 */
final class EnginePlan extends Owned {
    /** The most that are tried; cuDNN names first what it takes for the fastest. */
    private static final int CANDIDATES = 40;

    private static final int REPETITIONS = 3;

    /** An engine that wants more scratch memory is passed over. */
    private static final long WORKSPACE = 1L << 30;

    /** The same inputs must give the same results. */
    private static final Set<Integer> NEVER = Set.of(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC);

    /** What computes with less than float32's precision, or loses some of it. */
    private static final Set<Integer> INEXACT =
            Set.of(
                    CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC,
                    CUDNN_NUMERICAL_NOTE_TENSOR_CORE,
                    CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS,
                    CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION,
                    CUDNN_NUMERICAL_NOTE_FFT,
                    CUDNN_NUMERICAL_NOTE_WINOGRAD,
                    CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4,
                    CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6,
                    CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13);

    private final Descriptor configuration;
    private final Descriptor plan;
    private final long engine;
    private final long workspace;

    private EnginePlan(Owned owner, Descriptor configuration, Descriptor plan, long engine) {
        super(List.of(owner));
        this.configuration = configuration;
        this.plan = plan;
        this.engine = engine;
        this.workspace = plan.integer(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
    }

    /**
     * The fastest engine for a problem; empty if cuDNN has none that is exact enough.
     *
     * @param owner whose closing frees it
     */
    static Optional<EnginePlan> fastest(CudaDnn library, Owned owner, Problem problem) {
        try (ConvolutionGraph graph = ConvolutionGraph.of(library.cudnn(), problem)) {
            List<Descriptor> configurations = configurations(graph, problem);
            try {
                return Optional.ofNullable(choose(library, owner, problem, configurations));
            } finally {
                configurations.stream().filter(Objects::nonNull).forEach(Descriptor::close);
            }
        } catch (UnsupportedException e) {
            return Optional.empty();
        }
    }

    Descriptor plan() {
        return plan;
    }

    /** Bytes of scratch memory. */
    long workspace() {
        return workspace;
    }

    /** The number by which cuDNN knows the engine. */
    long engine() {
        return engine;
    }

    @Override
    protected String what() {
        return "a convolution";
    }

    @Override
    protected void free() {
        plan.close();
        configuration.close();
    }

    /** All that may be tried, in the order that cuDNN recommends. */
    private static List<Descriptor> configurations(ConvolutionGraph graph, Problem problem) {
        Set<Integer> forbidden =
                problem.operands() == DType.F32 && !problem.tf32() ? INEXACT : NEVER;
        List<Descriptor> allowed = new ArrayList<>();
        for (int mode : new int[] {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
            if (!allowed.isEmpty()) {
                break;
            }
            try (Descriptor heuristics = new Descriptor(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR)) {
                heuristics
                        .descriptor(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.graph())
                        .code(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
                if (!heuristics.completes()) {
                    continue;
                }
                for (Descriptor configuration :
                        heuristics.made(
                                CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
                                2 * CANDIDATES)) {
                    if (notes(configuration).stream().noneMatch(forbidden::contains)) {
                        allowed.add(configuration);
                    } else {
                        configuration.close();
                    }
                }
            }
        }
        return allowed;
    }

    private static Set<Integer> notes(Descriptor configuration) {
        List<Descriptor> engine = engine(configuration);
        try {
            Set<Integer> notes = new HashSet<>();
            int[] codes =
                    engine.get(0)
                            .codes(
                                    CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                    CUDNN_TYPE_NUMERICAL_NOTE,
                                    CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
            Arrays.stream(codes).forEach(notes::add);
            return notes;
        } finally {
            Descriptor.close(engine);
        }
    }

    private static List<Descriptor> engine(Descriptor configuration) {
        return configuration.made(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
    }

    private static EnginePlan choose(
            CudaDnn library, Owned owner, Problem problem, List<Descriptor> configurations) {
        OptionalInt known = library.choices().find(problem.toString());
        if (known.isPresent() && known.getAsInt() < configurations.size()) {
            EnginePlan plan = plan(library, owner, configurations, known.getAsInt());
            if (plan != null) {
                return plan;
            }
        }
        try (Trial trial = new Trial(library.backend(), problem)) {
            EnginePlan best = null;
            double least = Double.POSITIVE_INFINITY;
            int tried = 0;
            for (int i = 0; i < configurations.size() && tried < CANDIDATES; i++) {
                EnginePlan plan = plan(library, owner, configurations, i);
                if (plan == null) {
                    continue;
                }
                tried++;
                double time = trial.milliseconds(library, plan);
                if (best != null && time >= least) {
                    plan.close();
                    continue;
                }
                if (best != null) {
                    best.close();
                }
                best = plan;
                least = time;
                library.choices().put(problem.toString(), i);
            }
            library.choices().saveNowAndThen();
            return best;
        }
    }

    /**
     * An engine as something that runs, which takes its configuration out of the list; null if it
     * does not run on this device.
     */
    private static EnginePlan plan(
            CudaDnn library, Owned owner, List<Descriptor> configurations, int index) {
        Descriptor configuration = configurations.get(index);
        Descriptor plan = new Descriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
        EnginePlan ready = null;
        try {
            plan.library(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, library.cudnn())
                    .descriptor(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
            if (plan.completes()
                    && plan.integer(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE) <= WORKSPACE) {
                ready = new EnginePlan(owner, configuration, plan, number(configuration));
                configurations.set(index, null);
            }
            return ready;
        } finally {
            if (ready == null) {
                plan.close();
            }
        }
    }

    private static long number(Descriptor configuration) {
        List<Descriptor> engine = engine(configuration);
        try {
            return engine.get(0).integer(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
        } finally {
            Descriptor.close(engine);
        }
    }

    /** Memory of a problem's extents, to try engines on. */
    private static final class Trial implements AutoCloseable {
        private static final long ALIGNMENT = 256;

        private final CudaBackend backend;
        private final Problem problem;
        private Buffer buffer;

        Trial(CudaBackend backend, Problem problem) {
            this.backend = backend;
            this.problem = problem;
        }

        /** The time of one run; infinite where there is no memory to try it in. */
        double milliseconds(CudaDnn library, EnginePlan plan) {
            try (EngineCall call = new EngineCall(library, plan, problem, operands(plan))) {
                double least = backend.milliseconds(call);
                for (int i = 0; i < REPETITIONS; i++) {
                    least = Math.min(least, backend.milliseconds(call));
                }
                return least;
            } catch (OutOfMemoryException e) {
                return Double.POSITIVE_INFINITY;
            }
        }

        private Operands operands(EnginePlan plan) {
            long residual = problem.residual() ? problem.resultBytes() : 0;
            List<Long> sizes =
                    List.of(
                            problem.firstBytes(),
                            problem.secondBytes(),
                            problem.bias() ? 4L * problem.channels() : 0,
                            residual,
                            problem.resultBytes(),
                            plan.workspace);
            grow(sizes.stream().mapToLong(Trial::aligned).sum());
            List<Memory> parts = new ArrayList<>();
            long offset = 0;
            for (long size : sizes) {
                parts.add(size == 0 ? null : buffer.slice(offset, size));
                offset += aligned(size);
            }
            return new Operands(
                    parts.get(0),
                    parts.get(1),
                    parts.get(2),
                    parts.get(3),
                    parts.get(4),
                    parts.get(5));
        }

        private void grow(long bytes) {
            if (buffer == null || buffer.bytes() < bytes) {
                close();
                buffer = backend.allocate(bytes);
            }
        }

        private static long aligned(long bytes) {
            return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }

        @Override
        public void close() {
            if (buffer != null) {
                buffer.close();
                buffer = null;
            }
        }
    }
}

package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINECFG_ENGINE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINEHEUR_MODE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINEHEUR_RESULTS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINE_GLOBAL_INDEX;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_ENGINE_NUMERICAL_NOTE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_EXECUTION_PLAN_HANDLE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_ENGINECFG_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_ENGINE_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BEHAVIOR_NOTE_TYPE_COUNT;
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
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_BEHAVIOR_NOTE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_HEUR_MODE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_NUMERICAL_NOTE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.naturalinversion.backend.jni.Owned;
import org.naturalinversion.tensor.DType;

/**
 * One of cuDNN's engines, ready to solve a problem: the one that was fastest when all were tried.
 */
final class EnginePlan extends Owned {
    /** The most that are tried; cuDNN names first what it takes for the fastest. */
    private static final int CANDIDATES = 40;

    /** The most that are tried of those that cuDNN compiles first, which takes a second. */
    private static final int COMPILED = 2;

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
        return notes(
                configuration,
                CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                CUDNN_TYPE_NUMERICAL_NOTE,
                CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
    }

    private static boolean isCompiledAtRunTime(Descriptor configuration) {
        return notes(
                        configuration,
                        CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE,
                        CUDNN_TYPE_BEHAVIOR_NOTE,
                        CUDNN_BEHAVIOR_NOTE_TYPE_COUNT)
                .contains(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION);
    }

    private static Set<Integer> notes(Descriptor configuration, int attribute, int kind, int most) {
        List<Descriptor> engine = engine(configuration);
        try {
            return Arrays.stream(engine.get(0).codes(attribute, kind, most))
                    .boxed()
                    .collect(Collectors.toSet());
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
            int compiled = 0;
            for (int i = 0; i < configurations.size() && tried < CANDIDATES; i++) {
                boolean slow = isCompiledAtRunTime(configurations.get(i));
                if (slow && compiled == COMPILED) {
                    continue;
                }
                EnginePlan plan = plan(library, owner, configurations, i);
                if (plan == null) {
                    continue;
                }
                tried++;
                compiled += slow ? 1 : 0;
                double time =
                        trial.milliseconds(
                                plan.workspace,
                                operands ->
                                        List.of(new EngineCall(library, plan, problem, operands)));
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
}

package org.naturalinversion.backend.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.Kernels;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Owned;

/**
 * By one of cuDNN's engines, with what it leaves to do done by kernels of ours: a bias that it
 * wants in the result's type is rounded before, an epilogue that it does not do comes behind.
 *
 * @param solved what is computed, in the end
 * @param asked what the engine computes of it
 */
record EngineWay(CudaDnn library, Problem solved, Problem asked, EnginePlan plan) implements Way {
    /** The fastest that cuDNN has; empty if it cannot do it at all. */
    static Optional<Way> find(CudaDnn library, Owned owner, Problem problem) {
        List<Problem> questions = questions(problem);
        String name = "way of " + problem;
        OptionalInt known = library.choices().find(name);
        if (known.isPresent() && known.getAsInt() < questions.size()) {
            Optional<EngineWay> way = ask(library, owner, problem, questions.get(known.getAsInt()));
            if (way.isPresent()) {
                return Optional.of(way.get());
            }
        }
        EngineWay best = null;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < questions.size(); i++) {
            EngineWay way = ask(library, owner, problem, questions.get(i)).orElse(null);
            if (way == null) {
                continue;
            }
            double time = questions.size() == 1 ? 0 : way.milliseconds();
            if (best != null && time >= least) {
                way.plan.close();
                continue;
            }
            if (best != null) {
                best.plan.close();
            }
            best = way;
            least = time;
            library.choices().put(name, i);
        }
        return Optional.ofNullable(best);
    }

    /**
     * What an engine may be asked for. Sums are float32 in all of them, but nearly none stores
     * gradients of filters wider than its operands. With a bias of the result's type engines that
     * fuse lie ready; with others they are compiled first.
     */
    private static List<Problem> questions(Problem problem) {
        return problem.direction() == Direction.WEIGHTS
                ? Stream.of(problem.withResultLikeOperands(), problem).distinct().toList()
                : Stream.of(problem.withBiasLikeResult(), problem.withoutEpilogue())
                        .distinct()
                        .toList();
    }

    private static Optional<EngineWay> ask(
            CudaDnn library, Owned owner, Problem problem, Problem question) {
        Problem solved = problem.direction() == Direction.WEIGHTS ? question : problem;
        return EnginePlan.fastest(library, owner, question)
                .map(plan -> new EngineWay(library, solved, question, plan));
    }

    private double milliseconds() {
        try (Trial trial = new Trial(library.backend(), solved)) {
            return trial.milliseconds(scratchBytes(), this::bind);
        }
    }

    private boolean roundsBias() {
        return asked.bias() != null && asked.bias() != solved.bias();
    }

    private boolean leavesEpilogue() {
        return solved.hasEpilogue() && !asked.hasEpilogue();
    }

    @Override
    public String name() {
        return "cudnn " + plan.engine() + (leavesEpilogue() ? "+epilogue" : "");
    }

    @Override
    public long scratchBytes() {
        return biasScratch() + plan.workspace();
    }

    /** Where the rounded bias lies; the engine's own scratch memory is behind it. */
    private long biasScratch() {
        return roundsBias() ? Operands.aligned(asked.biasBytes()) : 0;
    }

    @Override
    public List<Task> bind(Operands operands) {
        Kernels kernels = library.backend().kernels();
        List<Task> steps = new ArrayList<>();
        Memory bias = operands.bias();
        if (roundsBias()) {
            bias = operands.scratch().slice(0, asked.biasBytes());
            steps.add(
                    kernels.find("convert")
                            .bind(
                                    List.of(
                                            solved.bias().code(),
                                            operands.bias(),
                                            asked.bias().code(),
                                            bias,
                                            asked.channels())));
        }
        Memory scratch =
                plan.workspace() == 0
                        ? null
                        : operands.scratch().slice(biasScratch(), plan.workspace());
        Operands given =
                new Operands(
                        operands.first(),
                        operands.second(),
                        bias,
                        operands.residual(),
                        operands.result(),
                        scratch);
        steps.add(new EngineCall(library, plan, asked, given));
        if (leavesEpilogue()) {
            steps.add(
                    kernels.find("convolution_epilogue")
                            .bind(
                                    Arrays.asList(
                                            solved.result().code(),
                                            operands.bias(),
                                            operands.residual(),
                                            operands.result(),
                                            solved.rows(),
                                            (long) solved.channels(),
                                            solved.activation().kind().ordinal(),
                                            solved.activation().slope())));
        }
        return steps;
    }
}

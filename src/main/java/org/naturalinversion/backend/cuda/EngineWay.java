package org.naturalinversion.backend.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.naturalinversion.backend.Convolution.Direction;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Owned;

/**
 * By one of cuDNN's engines, and where it has none that does the epilogue too, by a kernel of ours
 * behind it.
 *
 * @param solved what is computed, in the end
 * @param asked what the engine computes of it
 */
record EngineWay(CudaDnn library, Problem solved, Problem asked, EnginePlan plan) implements Way {

    /** The best that cuDNN has; empty if it cannot do it at all. */
    static Optional<Way> find(CudaDnn library, Owned owner, Problem problem) {
        Optional<Way> whole =
                EnginePlan.fastest(library, owner, problem)
                        .map(plan -> new EngineWay(library, problem, problem, plan));
        if (whole.isPresent()) {
            return whole;
        }
        if (problem.hasEpilogue()) {
            Problem bare = problem.withoutEpilogue();
            return EnginePlan.fastest(library, owner, bare)
                    .map(plan -> new EngineWay(library, problem, bare, plan));
        }
        // Some engines sum in float32, as all do, but store a gradient in its operands' type alone.
        boolean other =
                problem.direction() == Direction.WEIGHTS && problem.result() != problem.operands();
        return other
                ? find(library, owner, problem.withResult(problem.operands()))
                : Optional.empty();
    }

    @Override
    public String name() {
        return "cudnn " + plan.engine() + (asked.equals(solved) ? "" : "+epilogue");
    }

    @Override
    public long scratchBytes() {
        return plan.workspace();
    }

    @Override
    public List<Task> bind(Operands operands) {
        List<Task> steps = new ArrayList<>();
        steps.add(new EngineCall(library, plan, asked, operands));
        if (!asked.equals(solved)) {
            steps.add(
                    library.backend()
                            .kernels()
                            .find("convolution_epilogue")
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

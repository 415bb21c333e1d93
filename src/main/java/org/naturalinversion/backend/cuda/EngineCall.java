package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_ATTR_VARIANT_PACK_WORKSPACE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendExecute;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Arguments;
import org.naturalinversion.backend.jni.Owned;

/** An engine and the memory that it is to work on; lives as long as its buffers. */
final class EngineCall extends Owned implements Task {
    private final CudaDnn library;
    private final EnginePlan plan;
    private final Problem problem;
    private final Descriptor pack;

    EngineCall(CudaDnn library, EnginePlan plan, Problem problem, Operands operands) {
        super(owners(library, plan, operands));
        this.library = library;
        this.plan = plan;
        this.problem = problem;
        Map<Integer, Memory> tensors = new TreeMap<>();
        tensors.put(ConvolutionGraph.FIRST, operands.first());
        tensors.put(ConvolutionGraph.SECOND, operands.second());
        tensors.put(ConvolutionGraph.RESULT, operands.result());
        if (problem.bias() != null) {
            tensors.put(ConvolutionGraph.BIAS, operands.bias());
        }
        if (problem.residual()) {
            tensors.put(ConvolutionGraph.RESIDUAL, operands.residual());
        }
        this.pack =
                new Descriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR)
                        .integers(
                                CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS,
                                tensors.keySet().stream().mapToLong(i -> i).toArray())
                        .addresses(
                                CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS,
                                tensors.values().stream().mapToLong(this::address).toArray())
                        .addresses(
                                CUDNN_ATTR_VARIANT_PACK_WORKSPACE,
                                operands.scratch() == null ? 0 : address(operands.scratch()))
                        .complete();
    }

    private static List<Owned> owners(CudaDnn library, EnginePlan plan, Operands operands) {
        List<Owned> owners = new ArrayList<>(Arguments.buffers(operands.all(), library.backend()));
        owners.add(plan);
        return owners;
    }

    private long address(Memory memory) {
        long address = Arguments.address(memory, library.backend());
        if (address % ConvolutionGraph.ALIGNMENT != 0) {
            throw new IllegalArgumentException(
                    "memory for %s must be aligned to %d bytes"
                            .formatted(problem, ConvolutionGraph.ALIGNMENT));
        }
        return address;
    }

    @Override
    public void run() {
        requireOpen();
        library.backend().enter();
        Status.cudnn(
                cudnnBackendExecute(library.cudnn(), plan.plan().handle(), pack.handle()),
                "cudnnBackendExecute",
                problem);
    }

    @Override
    protected String what() {
        return "the memory that a convolution was bound to";
    }

    @Override
    protected void free() {
        // It is null where it could not be made.
        if (pack != null) {
            pack.close();
        }
    }
}

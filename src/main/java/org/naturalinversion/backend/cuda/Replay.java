package org.naturalinversion.backend.cuda;

import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaGraphDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphExecDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphInstantiate;
import static org.bytedeco.cuda.global.cudart.cudaGraphLaunch;
import static org.bytedeco.cuda.global.cudart.cudaStreamBeginCapture;
import static org.bytedeco.cuda.global.cudart.cudaStreamCaptureModeThreadLocal;
import static org.bytedeco.cuda.global.cudart.cudaStreamEndCapture;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.Owned;

/**
 * Several tasks as one CUDA graph: one launch instead of hundreds.
 *
 * <p>The first run starts them one by one, so that kernels are loaded, which a capture does not
 * allow, and a plan that runs but once needs no graph. The second is captured. What the tasks do is
 * the same either way: all that changes from run to run is on the device.
 */
final class Replay extends Owned implements Task {
    private final CudaBackend backend;
    private final Task[] tasks;
    private boolean ran;
    private CUgraphExec_st graph;

    Replay(CudaBackend backend, List<Task> tasks) {
        super(owners(backend, tasks));
        this.backend = backend;
        this.tasks = tasks.toArray(Task[]::new);
    }

    /** What it is made of can be used no longer when one of the tasks is closed. */
    private static List<Owned> owners(CudaBackend backend, List<Task> tasks) {
        List<Owned> owners = new ArrayList<>(List.of(backend));
        tasks.forEach(
                task -> {
                    if (task instanceof Owned owned) {
                        owners.add(owned);
                    }
                });
        return owners;
    }

    @Override
    public void run() {
        requireOpen();
        backend.enter();
        if (!ran || !backend.usesGraphs()) {
            start();
            ran = true;
            return;
        }
        if (graph == null) {
            graph = capture();
        }
        Status.cuda(cudaGraphLaunch(graph, backend.stream()), "cudaGraphLaunch", this);
    }

    private void start() {
        for (Task task : tasks) {
            task.run();
        }
    }

    private CUgraphExec_st capture() {
        CUgraph_st captured = new CUgraph_st();
        Status.cuda(
                cudaStreamBeginCapture(backend.stream(), cudaStreamCaptureModeThreadLocal),
                "cudaStreamBeginCapture",
                this);
        try {
            start();
        } catch (RuntimeException e) {
            cudaStreamEndCapture(backend.stream(), captured);
            cudaGetLastError();
            destroy(captured);
            throw e;
        }
        Status.cuda(cudaStreamEndCapture(backend.stream(), captured), "cudaStreamEndCapture", this);
        try {
            CUgraphExec_st made = new CUgraphExec_st();
            Status.cuda(cudaGraphInstantiate(made, captured), "cudaGraphInstantiate", this);
            return made;
        } finally {
            destroy(captured);
        }
    }

    private static void destroy(CUgraph_st captured) {
        if (!captured.isNull()) {
            cudaGraphDestroy(captured);
        }
    }

    @Override
    protected String what() {
        return "a sequence of " + tasks.length + " tasks";
    }

    /** For messages. */
    @Override
    public String toString() {
        return what();
    }

    @Override
    protected void free() {
        if (graph != null) {
            backend.enter();
            cudaGraphExecDestroy(graph);
        }
    }
}

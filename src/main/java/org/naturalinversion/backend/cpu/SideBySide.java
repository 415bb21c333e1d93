package org.naturalinversion.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.LongPointer;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.NativeMemory;
import org.naturalinversion.backend.jni.Owned;

/** Primitives that are executed at the same time, each by one thread; lives as long as they do. */
final class SideBySide extends Owned implements Task {
    private static final int WORDS = 4;

    private final CpuBackend backend;
    private final String name;
    private final int count;
    private final List<dnnl_stream> streams = new ArrayList<>();
    private final NativeMemory memory;
    private final LongPointer words;

    /**
     * Executions as one task.
     *
     * @param parts of primitives that were described for one thread
     */
    SideBySide(OneDnn library, List<PrimitiveRoutine.Execution> parts) {
        super(parts);
        this.backend = library.backend();
        this.name = parts.get(0).name();
        this.count = parts.size();
        this.memory = new NativeMemory((long) Long.BYTES * WORDS * count);
        this.words = new LongPointer(NativeMemory.at(memory.address()));
        for (int i = 0; i < count; i++) {
            dnnl_stream stream = library.newStream();
            streams.add(stream);
            words.position((long) WORDS * i).put(parts.get(i).words(stream));
        }
        words.position(0);
    }

    @Override
    public void run() {
        requireOpen();
        backend.enter();
        int status = HostLibrary.ni_execute_each(count, words);
        if (status < 0) {
            // Our own status: those of oneDNN are positive.
            throw new BackendException(
                    "the oneDNN that is loaded has no dnnl_primitive_execute for " + name);
        }
        if (status != 0) {
            OneDnn.check(status, "dnnl_primitive_execute", name);
        }
    }

    @Override
    protected String what() {
        return "the memory or the primitives of " + name;
    }

    @Override
    protected void free() {
        streams.forEach(dnnl::dnnl_stream_destroy);
        memory.free();
    }
}

package org.naturalinversion.backend.cpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.Dnn;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.Kernels;
import org.naturalinversion.backend.Task;
import org.naturalinversion.backend.jni.NativeBackend;
import org.naturalinversion.backend.jni.NativeKernels;
import org.naturalinversion.backend.jni.NativeMemory;
import org.naturalinversion.backend.jni.Owned;
import org.naturalinversion.backend.jni.Sequence;

/** The processor and its main memory. Tasks are done when their run returns. */
final class CpuBackend extends NativeBackend {
    private final int threads;
    private final Kernels kernels;
    private final OneDnn dnn;

    CpuBackend(int threads) {
        this.threads = HostThreads.use(threads);
        this.kernels = new NativeKernels(this, new HostLibrary.Table());
        this.dnn = new OneDnn(this);
    }

    /** Threads that share the work of one task. */
    int threads() {
        return threads;
    }

    @Override
    public Description description() {
        requireOpen();
        return new Description(
                "cpu",
                processor(),
                threads,
                versions(
                        Map.of(
                                "oneDNN", OneDnn.version(),
                                "instructions", OneDnn.instructions(),
                                "kernels", HostLibrary.ni_variant())),
                Map.of(),
                OneDnnFault.notes());
    }

    @Override
    public void enter() {
        HostThreads.use(threads);
    }

    @Override
    public Buffer allocate(long bytes, Owned owner) {
        owner.requireOpen();
        return new CpuBuffer(this, owner, new NativeMemory(bytes), bytes);
    }

    @Override
    public Kernels kernels() {
        requireOpen();
        return kernels;
    }

    @Override
    public Dnn dnn() {
        requireOpen();
        return dnn;
    }

    @Override
    public FreeMemory freeMemory() {
        requireOpen();
        return NativeMemory.available();
    }

    @Override
    public Task together(List<Task> tasks) {
        requireOpen();
        return Sequence.of(tasks);
    }

    @Override
    public double milliseconds(Task task) {
        requireOpen();
        long start = System.nanoTime();
        task.run();
        return (System.nanoTime() - start) / 1e6;
    }

    @Override
    public void synchronize() {
        requireOpen();
    }

    @Override
    protected String what() {
        return "the cpu backend";
    }

    @Override
    protected void free() {}

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElseGet(() -> System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }
}

package org.naturalinversion.backend.cpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.Dnn;
import org.naturalinversion.backend.Kernels;

/** The processor and its main memory. Tasks are done when their run returns. */
final class CpuBackend extends Owned implements Backend {
    private final int threads;
    private final Kernels kernels;
    private final OneDnn dnn;

    CpuBackend(int threads) {
        super(List.of());
        this.threads = threads;
        this.kernels = new HostKernels(this);
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
                Map.of(
                        "oneDNN", OneDnn.version(),
                        "instructions", OneDnn.instructions(),
                        "kernels", HostLibrary.ni_variant(),
                        "JavaCPP", javacpp(),
                        "JVM",
                                System.getProperty("java.vm.name")
                                        + " "
                                        + System.getProperty("java.vm.version")));
    }

    @Override
    public Buffer allocate(long bytes) {
        return allocate(bytes, this);
    }

    /** Memory that lives as long as its owner. */
    Buffer allocate(long bytes, Owned owner) {
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
    public void synchronize() {
        requireOpen();
    }

    @Override
    String what() {
        return "the cpu backend";
    }

    @Override
    void free() {}

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

    private static String javacpp() {
        try {
            return Loader.getVersion();
        } catch (IOException e) {
            return "unknown";
        }
    }
}

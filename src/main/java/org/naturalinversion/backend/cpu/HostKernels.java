package org.naturalinversion.backend.cpu;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.LongPointer;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Kernels;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;

/** Our kernels, compiled for the processor. */
final class HostKernels implements Kernels {
    private final CpuBackend backend;
    private final Map<String, Routine> kernels = new LinkedHashMap<>();

    HostKernels(CpuBackend backend) {
        this.backend = backend;
        for (int i = 0; i < HostLibrary.ni_kernel_count(); i++) {
            Kernel kernel =
                    new Kernel(
                            backend,
                            i,
                            HostLibrary.ni_kernel_name(i),
                            HostLibrary.ni_kernel_signature(i));
            kernels.put(kernel.name(), kernel);
        }
    }

    @Override
    public Routine find(String name) {
        backend.requireOpen();
        Routine kernel = kernels.get(name);
        if (kernel == null) {
            throw new BackendException("there is no kernel " + name + " among " + names());
        }
        return kernel;
    }

    @Override
    public List<String> names() {
        return List.copyOf(kernels.keySet());
    }

    @Override
    public int reductionParts() {
        return HostLibrary.ni_reduction_parts();
    }

    private record Kernel(CpuBackend backend, int number, String name, String signature)
            implements Routine {
        @Override
        public Task bind(List<Object> arguments) {
            backend.requireOpen();
            Arguments.check(this, arguments);
            long[] words = new long[arguments.size()];
            for (int i = 0; i < words.length; i++) {
                words[i] = word(signature.charAt(i), arguments.get(i));
            }
            Collection<CpuBuffer> buffers = Arguments.buffers(arguments, backend);
            return new Call(this, arguments, words, buffers.isEmpty() ? List.of(backend) : buffers);
        }

        private long word(char kind, Object argument) {
            if (argument == null) {
                return 0;
            }
            return switch (kind) {
                case 'i' -> ((Number) argument).longValue();
                case 'f' -> Double.doubleToRawLongBits(((Number) argument).doubleValue());
                default -> Arguments.address((Memory) argument, backend);
            };
        }
    }

    /** A kernel and its arguments as the words that it takes; lives as long as their buffers. */
    private static final class Call extends Owned implements Task {
        private final Kernel kernel;
        private final List<Object> arguments;
        private final int number;
        private final int threads;
        private final NativeMemory memory;
        private final LongPointer words;

        Call(
                Kernel kernel,
                List<Object> arguments,
                long[] words,
                Collection<? extends Owned> owners) {
            this(kernel, arguments, words, new NativeMemory(8L * words.length), owners);
        }

        private Call(
                Kernel kernel,
                List<Object> arguments,
                long[] words,
                NativeMemory memory,
                Collection<? extends Owned> owners) {
            super(owners);
            this.kernel = kernel;
            this.arguments = new ArrayList<>(arguments);
            this.number = kernel.number();
            this.threads = kernel.backend().threads();
            this.memory = memory;
            this.words = new LongPointer(NativeMemory.at(memory.address())).put(words);
        }

        @Override
        public void run() {
            requireOpen();
            HostThreads.use(threads);
            int status = HostLibrary.ni_kernel_call(number, null, words);
            if (status != 0) {
                throw new BackendException(
                        "%s%s: %s (%d)"
                                .formatted(
                                        kernel.name(),
                                        Arguments.text(arguments),
                                        HostLibrary.ni_status_text(status),
                                        status));
            }
        }

        @Override
        String what() {
            return "the memory that " + kernel.name() + " was bound to";
        }

        @Override
        void free() {
            memory.free();
        }
    }
}

package org.naturalinversion.backend.jni;

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

/** Our kernels, as one library has them. */
public final class NativeKernels implements Kernels {
    private final NativeBackend backend;
    private final KernelLibrary library;
    private final Map<String, Routine> kernels = new LinkedHashMap<>();

    public NativeKernels(NativeBackend backend, KernelLibrary library) {
        this.backend = backend;
        this.library = library;
        for (int i = 0; i < library.count(); i++) {
            Kernel kernel = new Kernel(backend, library, i, library.name(i), library.signature(i));
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
        return library.reductionParts();
    }

    private record Kernel(
            NativeBackend backend, KernelLibrary library, int number, String name, String signature)
            implements Routine {
        @Override
        public Task bind(List<Object> arguments) {
            backend.requireOpen();
            Arguments.check(this, arguments);
            long[] words = new long[arguments.size()];
            for (int i = 0; i < words.length; i++) {
                words[i] = word(signature.charAt(i), arguments.get(i));
            }
            Collection<NativeBuffer> buffers = Arguments.buffers(arguments, backend);
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
            this.memory = memory;
            this.words = new LongPointer(NativeMemory.at(memory.address())).put(words);
        }

        @Override
        public void run() {
            requireOpen();
            kernel.backend().enter();
            int status = kernel.library().call(number, words);
            if (status != 0) {
                throw new BackendException(
                        "%s%s: %s (%d)"
                                .formatted(
                                        kernel.name(),
                                        Arguments.text(arguments),
                                        kernel.library().statusText(status),
                                        status));
            }
        }

        @Override
        protected String what() {
            return "the memory that " + kernel.name() + " was bound to";
        }

        @Override
        protected void free() {
            memory.free();
        }
    }
}

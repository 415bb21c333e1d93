package org.naturalinversion.graph;

import java.nio.ByteBuffer;
import java.util.List;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.Dnn;
import org.naturalinversion.backend.FreeMemory;
import org.naturalinversion.backend.Kernels;
import org.naturalinversion.backend.MatmulSpec;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;

/**
 * A backend that has all the routines of another and none of its memory: what is compiled for it is
 * planned as for the other, to the byte, but takes no memory and does nothing.
 */
record DryBackend(Backend real) implements Backend {
    private record Bytes(long bytes) implements Buffer {
        @Override
        public void write(long offset, ByteBuffer source) {}

        @Override
        public void read(long offset, ByteBuffer target) {}

        @Override
        public void close() {}
    }

    private record DryRoutine(Routine real) implements Routine {
        @Override
        public String name() {
            return real.name();
        }

        @Override
        public String signature() {
            return real.signature();
        }

        @Override
        public double flops() {
            return real.flops();
        }

        @Override
        public Task bind(List<Object> arguments) {
            return () -> {};
        }
    }

    private record DryKernels(Kernels real) implements Kernels {
        @Override
        public Routine find(String name) {
            return new DryRoutine(real.find(name));
        }

        @Override
        public List<String> names() {
            return real.names();
        }

        @Override
        public int reductionParts() {
            return real.reductionParts();
        }
    }

    private record DryDnn(Dnn real) implements Dnn {
        @Override
        public Convolution convolution(ConvolutionSpec spec) {
            return new DryConvolution(real.convolution(spec));
        }

        @Override
        public Prepared matmul(MatmulSpec spec) {
            Prepared prepared = real.matmul(spec);
            return new Prepared(new DryRoutine(prepared.routine()), prepared.scratchBytes());
        }
    }

    private record DryConvolution(Convolution real) implements Convolution {
        @Override
        public long packedBytes(Direction direction) {
            return real.packedBytes(direction);
        }

        @Override
        public long scratchBytes(Direction direction) {
            return real.scratchBytes(direction);
        }

        @Override
        public Routine pack(Direction direction) {
            return new DryRoutine(real.pack(direction));
        }

        @Override
        public Routine forward() {
            return new DryRoutine(real.forward());
        }

        @Override
        public Routine dataGradient() {
            return new DryRoutine(real.dataGradient());
        }

        @Override
        public Routine weightGradient() {
            return new DryRoutine(real.weightGradient());
        }

        @Override
        public Routine unpack() {
            return new DryRoutine(real.unpack());
        }

        @Override
        public void close() {
            real.close();
        }
    }

    @Override
    public Description description() {
        return real.description();
    }

    @Override
    public Buffer allocate(long bytes) {
        return new Bytes(bytes);
    }

    @Override
    public Kernels kernels() {
        return new DryKernels(real.kernels());
    }

    @Override
    public Dnn dnn() {
        return new DryDnn(real.dnn());
    }

    @Override
    public FreeMemory freeMemory() {
        return real.freeMemory();
    }

    @Override
    public Task together(List<Task> tasks) {
        return () -> {};
    }

    @Override
    public double milliseconds(Task task) {
        return 0;
    }

    @Override
    public void synchronize() {}

    /** The other is closed by who opened it. */
    @Override
    public void close() {}
}

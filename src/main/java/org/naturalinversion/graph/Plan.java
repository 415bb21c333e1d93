package org.naturalinversion.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Task;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * A compiled graph, ready to run. A step allocates nothing and decides nothing. Use after close
 * throws {@link IllegalStateException}.
 */
public final class Plan implements AutoCloseable {
    private final Backend backend;
    private final Variables variables;
    private final boolean ownsVariables;
    private final List<Buffer> buffers;
    private final List<Convolution> convolutions;
    private final List<Call> calls;
    private final List<Task> tasks;
    private final Task step;
    private final List<Task> reset;
    private final Map<Value, Slot> readable;
    private final Map<Value, Slot> gradients;
    private final Map<Value, DType> types = new HashMap<>();
    private final Map<String, Kept> kept;
    private final long arenaBytes;
    private boolean closed;

    /** Memory that a step leaves to the next one. */
    record Kept(Memory memory, DType type, Shape shape) {}

    Plan(
            Compiler settings,
            Variables variables,
            List<Buffer> buffers,
            Lowering lowering,
            List<Call> calls,
            List<Task> reset,
            Map<Value, Slot> readable,
            Map<Value, Slot> gradients,
            Map<String, Kept> kept,
            long arenaBytes) {
        this.backend = settings.backend;
        this.variables = variables;
        this.ownsVariables = settings.variables == null;
        this.buffers = buffers;
        this.convolutions = lowering.convolutions();
        this.calls = calls;
        this.tasks = calls.stream().map(Call::bind).toList();
        this.step = backend.together(tasks);
        this.reset = reset;
        this.readable = readable;
        this.gradients = gradients;
        this.kept = kept;
        this.arenaBytes = arenaBytes;
        readable.keySet().forEach(v -> types.put(v, lowering.dtype(v)));
    }

    /**
     * Runs the graph once. On an asynchronous backend it may return before all is done; reading
     * waits.
     */
    public void step() {
        requireOpen();
        step.run();
    }

    /**
     * Gives parameters and states their first values and forgets all moments. Inputs stay as they
     * are.
     */
    public void reset() {
        requireOpen();
        reset.forEach(Task::run);
    }

    /** Waits until all steps so far are done. */
    public void synchronize() {
        requireOpen();
        backend.synchronize();
    }

    /**
     * Sets an input, or overwrites a parameter or a state.
     *
     * @throws IllegalArgumentException if the value is no such leaf or the tensor has another
     *     shape, or is of integers where the value is not
     */
    public void write(Value leaf, HostTensor tensor) {
        requireOpen();
        boolean integers = tensor.dtype() == DType.I32 || tensor.dtype() == DType.I64;
        boolean fits = integers == (leaf.type().kind() == Type.Kind.INDEX);
        if (!fits || !leaf.shape().equals(tensor.shape())) {
            throw new IllegalArgumentException(
                    leaf + " cannot be set from " + tensor.dtype() + " " + tensor.shape());
        }
        ByteBuffer bytes = HostData.toEngine(tensor);
        Memory memory = leafMemory(leaf);
        memory.buffer().write(memory.offset(), bytes);
    }

    /**
     * An output of the last step, or the present value of a leaf: float32, or int32 for indices.
     */
    public HostTensor read(Value value) {
        requireOpen();
        Slot slot = readable.get(value);
        if (slot == null) {
            DType type = value.type().kind() == Type.Kind.INDEX ? DType.I32 : DType.F32;
            return read(value.shape(), leafMemory(value), type);
        }
        return read(value.shape(), slot.memory(), types.get(value));
    }

    /**
     * All that the next step's result depends on, besides inputs and constants, by name:
     * parameters, states, the optimisers' moments.
     */
    public Map<String, HostTensor> state() {
        requireOpen();
        Map<String, HostTensor> state = new LinkedHashMap<>();
        kept.forEach((name, k) -> state.put(name, read(k.shape(), k.memory(), k.type())));
        return state;
    }

    /**
     * Goes back to a state, instead of a reset.
     *
     * @throws IllegalArgumentException if it is not that of such a plan
     */
    public void restore(Map<String, HostTensor> state) {
        requireOpen();
        if (!state.keySet().equals(kept.keySet())) {
            throw new IllegalArgumentException(
                    "a state of %s, not of %s".formatted(state.keySet(), kept.keySet()));
        }
        kept.forEach(
                (name, k) -> {
                    HostTensor tensor = state.get(name);
                    if (!tensor.shape().equals(k.shape()) || tensor.dtype() != k.type()) {
                        throw new IllegalArgumentException(
                                "%s is %s %s, not %s %s"
                                        .formatted(
                                                name,
                                                tensor.dtype(),
                                                tensor.shape(),
                                                k.type(),
                                                k.shape()));
                    }
                    k.memory().buffer().write(k.memory().offset(), tensor.data());
                });
    }

    /** The gradient of a parameter in the last step; zeros if the loss does not depend on it. */
    public HostTensor readGradient(Value parameter) {
        requireOpen();
        Slot slot = gradients.get(parameter);
        if (slot == null) {
            return HostTensor.of(
                    parameter.shape(), new float[Math.toIntExact(parameter.shape().elements())]);
        }
        return read(parameter.shape(), slot.memory(), DType.F32);
    }

    /** One row of {@link #profile}. */
    public record Cost(
            String label, String routine, double milliseconds, long bytes, double flops) {}

    /**
     * Runs a number of steps, timing every call by itself.
     *
     * @return for each call in order, the median of its times
     */
    public List<Cost> profile(int steps) {
        requireOpen();
        double[][] milliseconds = new double[tasks.size()][steps];
        for (int s = 0; s < steps; s++) {
            for (int i = 0; i < tasks.size(); i++) {
                milliseconds[i][s] = backend.milliseconds(tasks.get(i));
            }
        }
        List<Cost> costs = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            java.util.Arrays.sort(milliseconds[i]);
            Call call = calls.get(i);
            costs.add(
                    new Cost(
                            call.label(),
                            call.routine().name(),
                            milliseconds[i][steps / 2],
                            call.bytes(),
                            call.routine().flops()));
        }
        return costs;
    }

    /** Multiplications and additions of one step's convolutions and matrix products. */
    public double flops() {
        return calls.stream().mapToDouble(c -> c.routine().flops()).sum();
    }

    /** Bytes held by this plan: arena, constants and variables. */
    public long memoryBytes() {
        return buffers.stream().mapToLong(Buffer::bytes).sum() + variables.bytes();
    }

    /** Bytes of the arena alone. */
    public long arenaBytes() {
        return arenaBytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            convolutions.forEach(Convolution::close);
            buffers.forEach(Buffer::close);
            if (ownsVariables) {
                variables.close();
            }
        }
    }

    private Memory leafMemory(Value leaf) {
        if (leaf.node().op() instanceof Leaf.Input || leaf.node().op() instanceof Leaf.Parameter) {
            return variables.get(leaf.node().op().label(), 4 * leaf.shape().elements());
        }
        throw new IllegalArgumentException(
                leaf + " is neither an input nor a parameter nor an output of this plan");
    }

    private HostTensor read(Shape shape, Memory memory, DType type) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.toIntExact(shape.elements() * type.bytes()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        memory.buffer().read(memory.offset(), bytes);
        HostTensor tensor = new HostTensor(type, shape, bytes.flip());
        return type == DType.BF16 ? HostTensor.of(shape, tensor.toFloats()) : tensor;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("this plan is closed");
        }
    }
}

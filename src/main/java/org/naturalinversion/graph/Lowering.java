package org.naturalinversion.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.ConvolutionSpec;
import org.naturalinversion.backend.Dnn;
import org.naturalinversion.backend.MatmulSpec;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.tensor.DType;

/**
 * Turns nodes into calls. Ops ask it for the memory of their values and gradients and emit calls on
 * it; who reads and writes what follows from the routines' signatures, so an op cannot forget to
 * say so.
 *
 * <p>Gradients: every contribution is written whole into memory of its own, never added to what is
 * there. What an op is given is the sum of all contributions, which is formed only where it reads
 * the gradient, and only if there are several.
 */
public final class Lowering {
    private final Backend backend;
    private final Precision precision;
    private final Set<Value> wanted;
    private final Set<Value> read;
    private final Map<Value, Slot> slots = new HashMap<>();
    private final Map<Value, Map<DType, Slot>> casts = new HashMap<>();
    private final Map<Value, List<Slot>> contributions = new HashMap<>();
    private final Map<Value, Slot> gradientHomes = new HashMap<>();
    private final Map<ConvolutionSpec, Convolution> convolutions = new HashMap<>();
    private final List<Call> calls = new ArrayList<>();
    private String current = "";

    Lowering(Backend backend, Precision precision, Set<Value> wanted, Set<Value> read) {
        this.backend = backend;
        this.precision = precision;
        this.wanted = new HashSet<>(wanted);
        this.read = new HashSet<>(read);
    }

    // ---- what ops ask -------------------------------------------------------------------------

    /** The element type that a value is stored in. */
    public DType dtype(Value value) {
        return switch (value.type().kind()) {
            case EXACT -> DType.F32;
            case ACTIVATION -> precision.storage();
            case INDEX -> DType.I32;
        };
    }

    /** How feature maps are stored. */
    public Precision precision() {
        return precision;
    }

    /** Whether something trained is behind this value, so that its gradient is asked for. */
    public boolean wants(Value value) {
        return wanted.contains(value);
    }

    /** Whether anyone reads this value; an op need not compute those that nobody does. */
    public boolean isRead(Value value) {
        return read.contains(value);
    }

    /** The memory of a value. */
    public Slot of(Value value) {
        return slots.computeIfAbsent(value, v -> new Slot(v.toString(), bytes(v, dtype(v))));
    }

    /**
     * The memory of a value in the wanted element type; converted once if it is stored in another.
     */
    public Slot of(Value value, DType want) {
        return converted(
                of(value),
                value,
                dtype(value),
                want,
                casts.computeIfAbsent(value, v -> new HashMap<>()));
    }

    /** Lets an output share the memory of an input: for ops that only change the shape. */
    public void alias(Value output, Value input) {
        slots.put(output, of(input));
    }

    /** Memory that lives as long as the calls that use it. */
    public Slot temporary(String label, long bytes) {
        return new Slot(current + " " + label, bytes);
    }

    /** Memory for one call's own use; null if there is no need. */
    public Slot scratch(long bytes) {
        return bytes == 0 ? null : temporary("scratch", bytes);
    }

    /** Scratch memory of a reduction to the given number of float32 results. */
    public Slot partials(long results) {
        return scratch(4L * backend.kernels().reductionParts() * results);
    }

    /** Emits a call of a kernel. Arguments: slots or null, numbers, element types. */
    public void call(String kernel, Object... arguments) {
        call(backend.kernels().find(kernel), arguments);
    }

    /** Emits a call of a routine. */
    public void call(Routine routine, Object... arguments) {
        calls.add(new Call(current, routine, codes(arguments)));
    }

    /** The vendor's library. */
    public Dnn dnn() {
        return backend.dnn();
    }

    /** A convolution's primitives; made once for each specification. */
    public Convolution convolution(ConvolutionSpec spec) {
        return convolutions.computeIfAbsent(spec, backend.dnn()::convolution);
    }

    /** Emits a matrix product: a, b, [bias,] c. */
    public void matmul(MatmulSpec spec, Slot... operands) {
        Dnn.Prepared prepared = backend.dnn().matmul(spec);
        List<Object> arguments = new ArrayList<>(Arrays.asList(operands));
        arguments.add(scratch(prepared.scratchBytes()));
        call(prepared.routine(), arguments.toArray());
    }

    // ---- gradients ----------------------------------------------------------------------------

    /**
     * The gradient of a value, summed over all that contributed; null if nothing did. In the
     * value's own element type.
     */
    public Slot gradient(Value value) {
        List<Slot> parts = contributions.getOrDefault(value, List.of());
        if (parts.size() > 1) {
            sum(value, 1);
        }
        return parts.isEmpty() ? null : contributions.get(value).get(0);
    }

    /** The gradient of a value as one or two summands, for ops that can add while they read. */
    public List<Slot> gradients(Value value) {
        if (contributions.getOrDefault(value, List.of()).size() > 2) {
            sum(value, 2);
        }
        return List.copyOf(contributions.getOrDefault(value, List.of()));
    }

    /** The gradient of a value in the wanted element type; null if there is none. */
    public Slot gradient(Value value, DType want) {
        Slot slot = gradient(value);
        return slot == null ? null : converted(slot, value, dtype(value), want, new HashMap<>());
    }

    /**
     * Memory that the caller must fill with its contribution to the gradient of a value, in the
     * value's own element type.
     */
    public Slot contribute(Value value) {
        Slot home = gradientHomes.get(value);
        Slot slot =
                home != null && !contributions.containsKey(value)
                        ? home
                        : new Slot("gradient of " + value, bytes(value, dtype(value)));
        add(value, slot);
        return slot;
    }

    /**
     * Passes memory on as a contribution to the gradient of a value: for ops whose gradient is
     * another's, unchanged.
     */
    public void contribute(Value value, Slot slot) {
        if (gradientHomes.containsKey(value)) {
            call("copy", slot, contribute(value), slot.bytes());
        } else {
            add(value, slot);
        }
    }

    /**
     * Like {@link #contribute(Value)}, for a caller that computes in another element type: filled
     * by the action, then converted.
     */
    public void contribute(Value value, DType computed, Consumer<Slot> fill) {
        if (computed == dtype(value)) {
            fill.accept(contribute(value));
            return;
        }
        Slot slot = temporary("gradient", bytes(value, computed));
        fill.accept(slot);
        call("convert", computed, slot, dtype(value), contribute(value), value.shape().elements());
    }

    // ---- what the compiler asks ---------------------------------------------------------------

    void at(String label) {
        current = label;
    }

    void fix(Value value, Slot slot) {
        slots.put(value, slot);
    }

    /** Where the gradient of a parameter must end up. */
    void home(Value value, Slot slot) {
        gradientHomes.put(value, slot);
    }

    List<Call> calls() {
        return calls;
    }

    boolean hasGradient(Value value) {
        return contributions.containsKey(value);
    }

    List<Convolution> convolutions() {
        return List.copyOf(convolutions.values());
    }

    private void add(Value value, Slot slot) {
        contributions.computeIfAbsent(value, v -> new ArrayList<>()).add(slot);
    }

    /**
     * Adds contributions up until no more than the given number is left; a parameter's sum lands in
     * its home.
     */
    private void sum(Value value, int most) {
        List<Slot> parts = contributions.get(value);
        while (parts.size() > most) {
            Slot home = gradientHomes.get(value);
            Slot a = parts.remove(0);
            Slot b = parts.remove(0);
            Slot total =
                    home != null
                            ? home
                            : new Slot("gradient of " + value, bytes(value, dtype(value)));
            call("add", dtype(value), a, b, total, value.shape().elements());
            parts.add(0, total);
        }
    }

    private Slot converted(Slot slot, Value value, DType have, DType want, Map<DType, Slot> cache) {
        if (have == want) {
            return slot;
        }
        return cache.computeIfAbsent(
                want,
                t -> {
                    Slot cast = new Slot(value + " as " + t, bytes(value, t));
                    call("convert", have, slot, t, cast, value.shape().elements());
                    return cast;
                });
    }

    /** Element types as the numbers that kernels know them by. */
    private static List<Object> codes(Object[] arguments) {
        List<Object> codes = new ArrayList<>(Arrays.asList(arguments));
        codes.replaceAll(a -> a instanceof DType type ? (Object) type.code() : a);
        return codes;
    }

    private static long bytes(Value value, DType type) {
        return value.shape().elements() * type.bytes();
    }
}

package org.naturalinversion.graph;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Convolution;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Task;
import org.naturalinversion.graph.optim.Rule;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** One run of a {@link Compiler}: from a graph to a plan, step by step in {@link #plan}. */
final class Compilation {
    /** NaN as one float32 and as two bfloat16. */
    private static final int NAN = 0xffffffff;

    private final Compiler settings;
    private final Backend backend;
    private final Fusion fusion;
    private final Set<Value> roots = new LinkedHashSet<>();
    private final List<Node> live;
    private final Lowering lowering;
    private final Variables variables;
    private final List<Buffer> buffers = new ArrayList<>();
    private final Map<HostTensor, Slot> constants = new IdentityHashMap<>();
    private final Map<String, Variables.Group> groups = new LinkedHashMap<>();

    Compilation(Compiler settings) {
        this.settings = settings;
        this.backend = settings.backend;
        roots.addAll(settings.outputs);
        if (settings.loss != null) {
            roots.add(settings.loss);
        }
        fusion = settings.fuse ? Fusion.of(settings.source, roots) : Fusion.none(settings.source);
        live = live();
        lowering = new Lowering(backend, settings.precision, wanted(), read());
        variables = settings.variables != null ? settings.variables : new Variables(backend);
    }

    Plan plan() {
        try {
            groupParameters();
            placeLeaves();
            for (Node node : live) {
                lowering.at(node.label());
                node.op().forward(node, lowering);
            }
            if (settings.loss != null) {
                differentiate();
                settings.optimizers.forEach(this::update);
            }
            Map<Value, Slot> readable = new HashMap<>();
            roots.forEach(v -> readable.put(v, lowering.of(fusion.map(v))));
            Map<Value, Slot> gradients = gradients();
            Set<Slot> kept = new HashSet<>(readable.values());
            kept.addAll(gradients.values());
            List<Call> step = separateConstants(kept);
            long arena = place(step, kept);
            return new Plan(
                    settings, variables, buffers, lowering, step, resets(), readable, gradients,
                    kept(), arena);
        } catch (RuntimeException e) {
            lowering.convolutions().forEach(Convolution::close);
            buffers.forEach(Buffer::close);
            if (settings.variables == null) {
                variables.close();
            }
            throw e;
        }
    }

    /** The nodes that outputs or effects need, in order. */
    private List<Node> live() {
        Set<Node> needed = new HashSet<>();
        roots.forEach(v -> needed.add(fusion.map(v).node()));
        Stream.of(settings.key, settings.counter, settings.improved)
                .filter(Objects::nonNull)
                .forEach(v -> needed.add(fusion.map(v).node()));
        List<Node> nodes = fusion.graph().nodes();
        List<Node> found = new ArrayList<>();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            if (needed.contains(node) || node.op().hasEffect()) {
                found.add(0, node);
                node.inputs().forEach(v -> needed.add(v.node()));
            }
        }
        return found;
    }

    /** All values that someone reads. */
    private Set<Value> read() {
        Set<Value> read = new HashSet<>();
        roots.forEach(v -> read.add(fusion.map(v)));
        live.forEach(n -> read.addAll(n.inputs()));
        return read;
    }

    /** All values that something trained is behind. */
    private Set<Value> wanted() {
        Set<Value> wanted = new HashSet<>();
        if (settings.loss == null) {
            return wanted;
        }
        settings.optimizers.forEach(o -> o.parameters().forEach(p -> wanted.add(fusion.map(p))));
        settings.gradients.forEach(p -> wanted.add(fusion.map(p)));
        for (Node node : live) {
            if (node.op().isDifferentiable() && node.inputs().stream().anyMatch(wanted::contains)) {
                node.outputs().stream()
                        .filter(v -> node.op().isDifferentiable(v.index()))
                        .filter(v -> v.type().kind() != Type.Kind.INDEX)
                        .forEach(wanted::add);
            }
        }
        return wanted;
    }

    private void groupParameters() {
        for (Optimizer optimizer : settings.optimizers) {
            Map<String, Long> sizes = new LinkedHashMap<>();
            optimizer.parameters().forEach(p -> sizes.put(name(p), 4 * p.shape().elements()));
            groups.put(
                    optimizer.name(),
                    variables.group(optimizer.name(), sizes, settings.improved != null));
        }
    }

    private void placeLeaves() {
        for (Node node : live) {
            if (node.op() instanceof Leaf leaf) {
                Value value = node.output(0);
                lowering.fix(value, leafSlot(leaf));
                Memory gradient = variables.gradient(leaf.name());
                if (gradient != null && lowering.wants(value)) {
                    lowering.home(value, new Slot("gradient of " + leaf.name(), gradient, false));
                }
            }
        }
    }

    private Slot leafSlot(Leaf leaf) {
        if (leaf instanceof Leaf.Constant constant) {
            return constant(constant.name(), constant.tensor());
        }
        long bytes = 4 * leaf.type().shape().elements();
        Memory memory =
                settings.useBest
                        ? variables.best(leaf.name(), bytes)
                        : variables.get(leaf.name(), bytes);
        return new Slot(leaf.name(), memory, false);
    }

    private Slot constant(String name, HostTensor tensor) {
        return constants.computeIfAbsent(
                tensor,
                t -> {
                    ByteBuffer bytes = HostData.toEngine(tensor);
                    Memory memory = allocate(bytes.remaining());
                    memory.buffer().write(0, bytes);
                    return new Slot(name, memory, true);
                });
    }

    private void differentiate() {
        Value loss = fusion.map(settings.loss);
        if (!loss.shape().equals(Shape.SCALAR)) {
            throw new IllegalArgumentException("the loss must be a scalar, not " + loss);
        }
        lowering.contribute(loss, constant("1", HostTensor.of(Shape.SCALAR, 1f)));
        for (int i = live.size() - 1; i >= 0; i--) {
            Node node = live.get(i);
            if (node.inputs().stream().anyMatch(lowering::wants)
                    && node.outputs().stream().anyMatch(lowering::hasGradient)) {
                lowering.at(node.label() + " gradient");
                node.op().backward(node, lowering);
            }
        }
    }

    private void update(Optimizer optimizer) {
        if (settings.counter == null) {
            throw new IllegalStateException("an optimiser needs to know the number of the step");
        }
        lowering.at(optimizer.name());
        optimizer.parameters().forEach(p -> lowering.gradient(fusion.map(p)));
        Variables.Group group = groups.get(optimizer.name());
        boolean keep = settings.improved != null;
        List<Slot> moments = new ArrayList<>();
        for (String moment : optimizer.rule().moments()) {
            moments.add(new Slot(moment, moment(optimizer, moment), false));
        }
        optimizer
                .rule()
                .update(
                        new Rule.Update(
                                new Slot(optimizer.name(), group.values(), false),
                                new Slot(optimizer.name() + " gradients", group.gradients(), false),
                                moments,
                                keep
                                        ? new Slot(optimizer.name() + " best", group.best(), false)
                                        : null,
                                keep ? lowering.of(fusion.map(settings.improved)) : null,
                                lowering.of(fusion.map(settings.counter)),
                                constant("schedule", optimizer.schedule().factors()),
                                group.elements()),
                        lowering);
    }

    private Memory moment(Optimizer optimizer, String moment) {
        return variables.get(
                optimizer.name() + "." + moment, 4 * groups.get(optimizer.name()).elements());
    }

    /** The gradients that can be read: those asked for, and all that an optimiser uses. */
    private Map<Value, Slot> gradients() {
        Set<Value> asked = new LinkedHashSet<>(settings.gradients);
        settings.optimizers.forEach(o -> asked.addAll(o.parameters()));
        Map<Value, Slot> gradients = new HashMap<>();
        for (Value parameter : asked) {
            lowering.at("gradient of " + name(parameter));
            Slot slot = lowering.gradient(fusion.map(parameter));
            if (slot != null) {
                gradients.put(parameter, slot);
            }
        }
        return gradients;
    }

    /**
     * Takes the calls that depend on nothing but constants out of the step, runs them now, and
     * makes what they wrote constant: packed and folded weights of frozen networks.
     *
     * @return the calls that remain
     */
    private List<Call> separateConstants(Set<Slot> kept) {
        Map<Slot, Integer> writers = new HashMap<>();
        lowering.calls().forEach(c -> c.writes().forEach(s -> writers.merge(s, 1, Integer::sum)));
        List<Call> once = new ArrayList<>();
        List<Call> step = new ArrayList<>();
        for (Call call : lowering.calls()) {
            boolean constant =
                    call.reads().stream().allMatch(Slot::isConstant)
                            && call.writes().stream()
                                    .allMatch(s -> !s.isPlaced() && writers.get(s) == 1);
            if (constant) {
                call.writes().forEach(Slot::setConstant);
            }
            (constant ? once : step).add(call);
        }
        Set<Slot> lasting = new HashSet<>(kept);
        step.forEach(c -> lasting.addAll(c.reads()));
        List<Call> first = settings.poison ? poisoned(once) : once;
        for (Call call : once) {
            for (Slot slot : call.writes()) {
                if (lasting.contains(slot)) {
                    slot.place(allocate(slot.bytes()));
                }
            }
        }
        Buffer arena = arena(first, Set.of());
        try {
            first.forEach(c -> c.bind().run());
            backend.synchronize();
        } finally {
            arena.close();
        }
        return settings.poison ? poisoned(step) : step;
    }

    /** The same calls, each after others that fill with NaN what it is the first to touch. */
    private List<Call> poisoned(List<Call> calls) {
        List<Call> poisoned = new ArrayList<>();
        Set<Slot> touched = new HashSet<>();
        for (Call call : calls) {
            touched.addAll(call.reads());
            for (Slot slot : call.writes()) {
                if (touched.add(slot) && !slot.isPlaced()) {
                    poisoned.add(fill(slot, NAN));
                }
            }
            poisoned.add(call);
        }
        return poisoned;
    }

    /** Gives every slot of the step its place. */
    private long place(List<Call> step, Set<Slot> kept) {
        Buffer arena = arena(step, kept);
        buffers.add(arena);
        return arena.bytes();
    }

    private Buffer arena(List<Call> calls, Set<Slot> kept) {
        MemoryPlan plan = new MemoryPlan(calls, kept);
        Buffer arena = backend.allocate(plan.bytes());
        plan.offsets().forEach((slot, offset) -> slot.place(arena.slice(offset, slot.bytes())));
        return arena;
    }

    private Memory allocate(long bytes) {
        Buffer buffer = backend.allocate(bytes);
        buffers.add(buffer);
        return buffer.slice(0, bytes);
    }

    /** What gives parameters, states and moments the values that they start from. */
    private List<Task> resets() {
        List<Call> calls = new ArrayList<>();
        if (settings.useBest) {
            return List.of();
        }
        for (Node node : live) {
            if (node.op() instanceof Leaf.Parameter parameter) {
                calls.add(reset(parameter, lowering.of(node.output(0))));
            }
        }
        for (Optimizer optimizer : settings.optimizers) {
            for (String moment : optimizer.rule().moments()) {
                calls.add(fill(new Slot(moment, moment(optimizer, moment), false), 0));
            }
        }
        return calls.stream().map(Call::bind).toList();
    }

    /** What a step leaves to the next one. */
    private Map<String, Plan.Kept> kept() {
        Map<String, Plan.Kept> kept = new LinkedHashMap<>();
        for (Node node : live) {
            if (node.op() instanceof Leaf.Parameter parameter) {
                Value value = node.output(0);
                Memory memory = lowering.of(value).memory();
                kept.put(
                        parameter.name(),
                        new Plan.Kept(memory, lowering.dtype(value), value.shape()));
            }
        }
        for (Optimizer optimizer : settings.optimizers) {
            for (String moment : optimizer.rule().moments()) {
                Shape shape = Shape.of(groups.get(optimizer.name()).elements());
                kept.put(
                        optimizer.name() + "." + moment,
                        new Plan.Kept(moment(optimizer, moment), DType.F32, shape));
            }
        }
        return kept;
    }

    private Call reset(Leaf.Parameter parameter, Slot slot) {
        if (parameter.init() instanceof Init.Normal normal) {
            return draw("random_normal", parameter, slot, normal.mean(), normal.deviation());
        } else if (parameter.init() instanceof Init.Uniform uniform) {
            return draw("random_uniform", parameter, slot, uniform.low(), uniform.high());
        } else if (parameter.init() instanceof Init.Values values) {
            return call(
                    "copy",
                    constant(parameter.name() + " at first", values.tensor()),
                    slot,
                    slot.bytes());
        }
        double value = ((Init.Fill) parameter.init()).value();
        boolean integer = parameter.type().kind() == Type.Kind.INDEX;
        return fill(slot, integer ? (int) value : Float.floatToRawIntBits((float) value));
    }

    /**
     * Draws depend on the key and the parameter's name alone: not on what else there is to draw.
     */
    private Call draw(String kernel, Leaf.Parameter parameter, Slot slot, double a, double b) {
        if (settings.key == null) {
            throw new IllegalStateException(
                    parameter.name() + " is drawn at random, but there is no key");
        }
        CRC32 stream = new CRC32();
        stream.update(parameter.name().getBytes(StandardCharsets.UTF_8));
        return call(
                kernel,
                lowering.of(fusion.map(settings.key)),
                slot,
                stream.getValue(),
                slot.bytes() / 4,
                a,
                b);
    }

    private Call fill(Slot slot, int bits) {
        return call("fill", slot, slot.bytes() / 4, bits);
    }

    private Call call(String kernel, Object... arguments) {
        return new Call("reset", backend.kernels().find(kernel), List.of(arguments));
    }

    private static String name(Value parameter) {
        return parameter.node().op().label();
    }
}

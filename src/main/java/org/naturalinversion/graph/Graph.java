package org.naturalinversion.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** A computation as data: ops applied to values. Built once, then given to a {@link Compiler}. */
public final class Graph {
    private final List<Node> nodes = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private String scope = "";

    /** Something the host writes before a step. */
    public Value input(String name, Type type) {
        return leaf(new Leaf.Input(unique(name), type));
    }

    /**
     * Something that is trained, or at least drawn anew by {@link Plan#reset}: float32, under the
     * current scope's name.
     */
    public Value parameter(String name, Shape shape, Init init) {
        return leaf(new Leaf.Parameter(unique(name), new Type(shape, Type.Kind.EXACT), init));
    }

    /** State of another kind than float32. */
    public Value state(String name, Type type, Init init) {
        return leaf(new Leaf.Parameter(unique(name), type, init));
    }

    /** A frozen weight. */
    public Value constant(String name, HostTensor tensor) {
        return leaf(new Leaf.Constant(scope + name, tensor));
    }

    /** Applies an op of one output. */
    public Value apply(Op op, Value... inputs) {
        List<Value> outputs = applyAll(op, List.of(inputs));
        if (outputs.size() != 1) {
            throw new IllegalArgumentException(op.label() + " has " + outputs.size() + " outputs");
        }
        return outputs.get(0);
    }

    /** The first output of an op whose others nobody here is interested in. */
    public Value first(Op op, Value... inputs) {
        return applyAll(op, List.of(inputs)).get(0);
    }

    /** Applies an op of any number of outputs. */
    public List<Value> applyAll(Op op, List<Value> inputs) {
        for (Value input : inputs) {
            if (input.node().id() >= nodes.size() || nodes.get(input.node().id()) != input.node()) {
                throw new IllegalArgumentException(
                        op.label() + ": input " + input + " is of another graph");
            }
        }
        List<Type> types;
        try {
            types = op.infer(inputs.stream().map(Value::type).toList());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    op.label() + " of " + inputs + ": " + e.getMessage(), e);
        }
        Node node = new Node(nodes.size(), op, inputs, types);
        nodes.add(node);
        return node.outputs();
    }

    /**
     * Puts a prefix before the names of all leaves made by the body: {@code generator.fc.weight}.
     */
    public <T> T scope(String prefix, Supplier<T> body) {
        String outer = scope;
        scope = outer + prefix + ".";
        try {
            return body.get();
        } finally {
            scope = outer;
        }
    }

    /**
     * The input, parameter or state of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Value leaf(String name) {
        return nodes.stream()
                .filter(
                        n ->
                                n.op() instanceof Leaf leaf
                                        && !(leaf instanceof Leaf.Constant)
                                        && leaf.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no " + name))
                .output(0);
    }

    /** The parameters whose names begin with a scope's, in the order in which they were made. */
    public List<Value> parameters(String scopeName) {
        return nodes.stream()
                .filter(
                        n ->
                                n.op() instanceof Leaf.Parameter p
                                        && p.name().startsWith(scopeName + "."))
                .map(n -> n.output(0))
                .toList();
    }

    /** All nodes; each comes after its inputs. */
    public List<Node> nodes() {
        return List.copyOf(nodes);
    }

    /**
     * Copies another graph into this one, with some of its values replaced by values of this one.
     *
     * @return for every value of the other graph, its counterpart here
     */
    public Map<Value, Value> inline(Graph other, Map<Value, Value> replacements) {
        Map<Value, Value> counterparts = new HashMap<>(replacements);
        for (Node node : other.nodes) {
            boolean replaced =
                    !node.outputs().isEmpty() && counterparts.keySet().containsAll(node.outputs());
            if (replaced) {
                continue;
            }
            List<Value> copies =
                    node.op() instanceof Leaf
                            ? inlineLeaf(node)
                            : applyAll(
                                    node.op(),
                                    node.inputs().stream().map(counterparts::get).toList());
            for (int i = 0; i < copies.size(); i++) {
                counterparts.putIfAbsent(node.output(i), copies.get(i));
            }
        }
        return counterparts;
    }

    /** The counterpart of another graph's leaf. */
    List<Value> inlineLeaf(Node other) {
        return List.of(leaf((Leaf) other.op()));
    }

    private Value leaf(Leaf leaf) {
        Node node = new Node(nodes.size(), leaf, List.of(), List.of(leaf.type()));
        nodes.add(node);
        return node.output(0);
    }

    private String unique(String name) {
        String full = scope + name;
        if (!names.add(full)) {
            throw new IllegalArgumentException(full + " already exists");
        }
        return full;
    }
}

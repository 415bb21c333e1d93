package org.naturalinversion.graph;

import java.util.List;
import java.util.stream.IntStream;

/** One application of an op. Nodes are made by {@link Graph} alone and compare by identity. */
public final class Node {
    private final int id;
    private final Op op;
    private final List<Value> inputs;
    private final List<Type> types;
    private final List<Value> outputs;

    Node(int id, Op op, List<Value> inputs, List<Type> types) {
        this.id = id;
        this.op = op;
        this.inputs = List.copyOf(inputs);
        this.types = List.copyOf(types);
        this.outputs = IntStream.range(0, types.size()).mapToObj(i -> new Value(this, i)).toList();
    }

    /** Position in the graph; inputs have smaller ones. */
    public int id() {
        return id;
    }

    public Op op() {
        return op;
    }

    public List<Value> inputs() {
        return inputs;
    }

    /** Input i. */
    public Value input(int i) {
        return inputs.get(i);
    }

    public List<Type> types() {
        return types;
    }

    public List<Value> outputs() {
        return outputs;
    }

    /** Output i. */
    public Value output(int i) {
        return outputs.get(i);
    }

    /** The op's name and the node's position: for messages and profiles. */
    public String label() {
        return op.label() + "#" + id;
    }

    @Override
    public String toString() {
        return label();
    }
}

package org.naturalinversion.graph.op;

import java.util.List;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.graph.Lowering;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.DType;

/** An activation function, elementwise. */
public record Activate(Activation activation) implements Op {
    public static Activate relu() {
        return new Activate(Activation.RELU);
    }

    public static Activate relu6() {
        return new Activate(Activation.RELU6);
    }

    public static Activate leakyRelu(double slope) {
        return new Activate(Activation.leakyRelu(slope));
    }

    public static Activate tanh() {
        return new Activate(Activation.TANH);
    }

    /** The slope below zero of a leaky ReLU; 0 for all others. */
    public double slope() {
        return activation.slope();
    }

    /** Whether this changes nothing. */
    public boolean isIdentity() {
        return activation.equals(Activation.IDENTITY);
    }

    public static Activate sigmoid() {
        return new Activate(Activation.SIGMOID);
    }

    public static Activate silu() {
        return new Activate(Activation.SILU);
    }

    public static Activate hardSigmoid() {
        return new Activate(Activation.HARD_SIGMOID);
    }

    public static Activate hardSwish() {
        return new Activate(Activation.HARD_SWISH);
    }

    @Override
    public String label() {
        return activation.kind().toString();
    }

    @Override
    public List<Type> infer(List<Type> in) {
        Check.that(in.size() == 1, "has %d inputs", in.size());
        return in;
    }

    @Override
    public void forward(Node node, Lowering to) {
        Value x = node.input(0);
        to.call(
                "activation_forward",
                to.dtype(x),
                activation.kind().ordinal(),
                to.of(x),
                to.of(node.output(0)),
                x.shape().elements(),
                activation.slope());
    }

    @Override
    public void backward(Node node, Lowering to) {
        Value x = node.input(0);
        Value y = node.output(0);
        DType type = to.dtype(x);
        boolean fromResult = activation.derivativeFromResult();
        to.call(
                fromResult ? "activation_backward_from_result" : "activation_backward",
                type,
                activation.kind().ordinal(),
                to.of(fromResult ? y : x),
                to.gradient(y),
                to.contribute(x),
                x.shape().elements(),
                activation.slope());
    }
}

package org.naturalinversion.graph.oracle;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.tensor.Shape;

/**
 * A case as its definition has it: the outputs, the loss that sums up those with a gradient, and
 * the loss's derivatives.
 */
public final class Evaluation {
    private final Tape tape = new Tape();
    private final List<Reals> inputs = new ArrayList<>();
    private final List<Reals> outputs;
    private final Real loss;

    private Evaluation(OpCase of, List<double[]> values) {
        for (int i = 0; i < values.size(); i++) {
            Operand operand = of.inputs().get(i);
            double[] numbers = values.get(i);
            Real[] items = new Real[numbers.length];
            for (int j = 0; j < items.length; j++) {
                items[j] = operand.isTrained() ? tape.variable(numbers[j]) : Real.of(numbers[j]);
            }
            inputs.add(new Reals(operand.shape(), items));
        }
        outputs = of.definition().apply(inputs);
        loss = loss(of);
    }

    /** Evaluates a case at its own inputs. */
    public static Evaluation of(OpCase op) {
        List<double[]> values = new ArrayList<>();
        for (int i = 0; i < op.inputs().size(); i++) {
            values.add(op.values(i));
        }
        return at(op, values);
    }

    /** Evaluates a case at other inputs. */
    public static Evaluation at(OpCase op, List<double[]> values) {
        return new Evaluation(op, values);
    }

    /** The outputs. */
    public List<Reals> outputs() {
        return outputs;
    }

    /** The sum of the items of all differentiable outputs, each times its factor. */
    public double loss() {
        return loss.value();
    }

    /** The derivatives of the loss by the items of every input; empty for those without. */
    public List<double[]> gradients() {
        double[] derivatives = loss.isConstant() ? new double[0] : tape.derivatives(loss);
        List<double[]> gradients = new ArrayList<>();
        for (Reals input : inputs) {
            Real[] items = input.items();
            boolean trained = items.length > 0 && !items[0].isConstant();
            double[] gradient = new double[trained ? items.length : 0];
            for (int j = 0; j < gradient.length && !loss.isConstant(); j++) {
                gradient[j] = derivatives[items[j].index()];
            }
            gradients.add(gradient);
        }
        return gradients;
    }

    private Real loss(OpCase of) {
        Real sum = Real.ZERO;
        for (int i = 0; i < outputs.size(); i++) {
            if (!of.op().isDifferentiable(i)) {
                continue;
            }
            Shape shape = outputs.get(i).shape();
            double[] weights = OpCase.weights(shape, i);
            for (int j = 0; j < weights.length; j++) {
                sum = sum.plus(outputs.get(i).items()[j].times(weights[j]));
            }
        }
        return sum;
    }
}

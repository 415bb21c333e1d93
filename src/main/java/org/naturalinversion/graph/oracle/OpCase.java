package org.naturalinversion.graph.oracle;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.naturalinversion.graph.Op;
import org.naturalinversion.tensor.Shape;

/**
 * An op with settings and inputs of certain sizes.
 *
 * @param name of the op and the case
 * @param op what the engine runs
 * @param definition what it should compute
 * @param inputs what it is given
 * @param tolerance how exactly it must agree
 * @param differenced whether finite differences can tell the derivatives: not at kinks, where they
 *     are what is agreed upon, and not in good time where there are many numbers
 */
public record OpCase(
        String name,
        Op op,
        Function<List<Reals>, List<Reals>> definition,
        List<Operand> inputs,
        Tolerance tolerance,
        boolean differenced) {
    /** The same case, without finite differences. */
    OpCase notDifferenced() {
        return new OpCase(name, op, definition, inputs, tolerance, false);
    }

    /**
     * The numbers of an input: always the same, and all of them numbers of bfloat16, so that no
     * precision rounds them.
     */
    public double[] values(int input) {
        Operand operand = inputs.get(input);
        SplittableRandom random = new SplittableRandom(31L * name.hashCode() + input);
        int n = Math.toIntExact(operand.shape().elements());
        double[] values = operand.range().draw(n, random);
        if (values.length != n) {
            throw new IllegalArgumentException(
                    name + ": " + values.length + " values for " + operand.shape());
        }
        if (operand.role() != Operand.Role.INDEX) {
            for (int i = 0; i < n; i++) {
                values[i] = toBf16(values[i]);
            }
        }
        return values;
    }

    /**
     * The factors of an output's items in the loss: numbers of bfloat16, neither small nor large.
     */
    static double[] weights(Shape shape, int output) {
        SplittableRandom random = new SplittableRandom(77 + output);
        double[] weights = Range.APART_FROM_ZERO.draw(Math.toIntExact(shape.elements()), random);
        for (int i = 0; i < weights.length; i++) {
            weights[i] = toBf16(weights[i]);
        }
        return weights;
    }

    /** The number of bfloat16 below or at the given one in size. */
    private static double toBf16(double value) {
        return Float.intBitsToFloat(Float.floatToRawIntBits((float) value) & 0xffff0000);
    }

    @Override
    public String toString() {
        return name;
    }
}

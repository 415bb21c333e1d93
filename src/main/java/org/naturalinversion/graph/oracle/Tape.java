package org.naturalinversion.graph.oracle;

import java.util.Arrays;

/**
 * Reverse-mode automatic differentiation: every operation on a {@link Real} leaves one entry, of at
 * most two operands and the derivatives by them. Walking back over the entries gives the
 * derivatives of one number by all others.
 */
final class Tape {
    /** Stands for an operand that does not exist. */
    private static final int NONE = -1;

    private int size;
    private int[] left = new int[1024];
    private int[] right = new int[1024];
    private double[] byLeft = new double[1024];
    private double[] byRight = new double[1024];

    /** A number to differentiate by. */
    Real variable(double value) {
        return new Real(this, push(NONE, 0, NONE, 0), value);
    }

    /** The result of an operation on one number. */
    Real unary(double value, Real a, double byA) {
        return new Real(this, push(a.index(), byA, NONE, 0), value);
    }

    /** The result of an operation on two numbers. */
    Real binary(double value, Real a, double byA, Real b, double byB) {
        return new Real(this, push(a.index(), byA, b.index(), byB), value);
    }

    /** The derivatives of a number by every entry; {@link Real#index} finds one. */
    double[] derivatives(Real of) {
        double[] derivatives = new double[size];
        derivatives[of.index()] = 1;
        for (int i = of.index(); i >= 0; i--) {
            double outer = derivatives[i];
            if (left[i] != NONE) {
                derivatives[left[i]] += outer * byLeft[i];
            }
            if (right[i] != NONE) {
                derivatives[right[i]] += outer * byRight[i];
            }
        }
        return derivatives;
    }

    private int push(int a, double byA, int b, double byB) {
        if (size == left.length) {
            left = Arrays.copyOf(left, 2 * size);
            right = Arrays.copyOf(right, 2 * size);
            byLeft = Arrays.copyOf(byLeft, 2 * size);
            byRight = Arrays.copyOf(byRight, 2 * size);
        }
        left[size] = a;
        right[size] = b;
        byLeft[size] = byA;
        byRight[size] = byB;
        return size++;
    }
}

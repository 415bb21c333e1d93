package org.naturalinversion.graph.oracle;

/**
 * A number, of double precision, that knows how it was computed: a constant, or an entry of a
 * {@link Tape}. All variables of one computation are of one tape.
 */
public final class Real {
    public static final Real ZERO = new Real(null, 0, 0);

    private final Tape tape;
    private final int index;
    private final double value;

    Real(Tape tape, int index, double value) {
        this.tape = tape;
        this.index = index;
        this.value = value;
    }

    /** A constant. */
    public static Real of(double value) {
        return new Real(null, 0, value);
    }

    /** The number. */
    public double value() {
        return value;
    }

    /** The number as an index: a label, a shift. */
    int toInt() {
        return Math.toIntExact(Math.round(value));
    }

    boolean isConstant() {
        return tape == null;
    }

    int index() {
        return index;
    }

    Real plus(Real b) {
        return combine(value + b.value, 1, b, 1);
    }

    Real plus(double b) {
        return map(value + b, 1);
    }

    Real minus(Real b) {
        return combine(value - b.value, 1, b, -1);
    }

    Real minus(double b) {
        return map(value - b, 1);
    }

    Real negate() {
        return map(-value, -1);
    }

    Real times(Real b) {
        return combine(value * b.value, b.value, b, value);
    }

    Real times(double b) {
        return map(value * b, b);
    }

    Real over(Real b) {
        return combine(value / b.value, 1 / b.value, b, -value / (b.value * b.value));
    }

    Real over(double b) {
        return map(value / b, 1 / b);
    }

    Real squared() {
        return map(value * value, 2 * value);
    }

    /** The square root; its derivative at 0 is taken to be 0. */
    Real sqrt() {
        double root = Math.sqrt(value);
        return map(root, root == 0 ? 0 : 0.5 / root);
    }

    Real exp() {
        double power = Math.exp(value);
        return map(power, power);
    }

    Real log() {
        return map(Math.log(value), 1 / value);
    }

    Real tanh() {
        double t = Math.tanh(value);
        return map(t, 1 - t * t);
    }

    /** The number between two bounds; its derivative is 0 at them. */
    Real clamp(double low, double high) {
        return value > low && value < high ? this : of(Math.min(Math.max(value, low), high));
    }

    @Override
    public String toString() {
        return Double.toString(value);
    }

    private Real map(double result, double derivative) {
        return isConstant() ? of(result) : tape.unary(result, this, derivative);
    }

    private Real combine(double result, double byThis, Real b, double byOther) {
        if (isConstant()) {
            return b.map(result, byOther);
        } else if (b.isConstant()) {
            return map(result, byThis);
        }
        return tape.binary(result, this, byThis, b, byOther);
    }
}

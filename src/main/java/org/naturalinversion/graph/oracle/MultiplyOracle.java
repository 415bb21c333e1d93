package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;
import org.naturalinversion.graph.op.Multiply;

/** y = a b. */
final class MultiplyOracle implements Oracle<Multiply> {
    @Override
    public List<Reals> define(Multiply op, List<Reals> in) {
        return List.of(Reals.of(in.get(0).shape(), i -> in.get(0).at(i).times(in.get(1).at(i))));
    }

    @Override
    public List<OpCase> cases() {
        Multiply op = new Multiply();
        Operand a = feature(Range.NORMAL, 2, 3, 5, 7);
        Operand b = parameter(Range.APART_FROM_ZERO, 2, 3, 5, 7);
        Operand frozen = b.as(Operand.Role.CONSTANT);
        Operand row = feature(Range.NORMAL, 13, 131);
        return List.of(
                of("two feature maps", op, Tolerance.ROUNDING, a, a),
                of("two stored differently", op, Tolerance.ROUNDING, a, b),
                of("the other way round", op, Tolerance.ROUNDING, b, a),
                of("a frozen one", op, Tolerance.ROUNDING, a, frozen),
                of("rows", op, Tolerance.ROUNDING, row, row));
    }
}

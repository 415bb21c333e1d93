package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;
import org.naturalinversion.graph.op.Add;

/** y = a + b. */
final class AddOracle implements Oracle<Add> {
    @Override
    public List<Reals> define(Add op, List<Reals> in) {
        return List.of(Reals.of(in.get(0).shape(), i -> in.get(0).at(i).plus(in.get(1).at(i))));
    }

    @Override
    public List<OpCase> cases() {
        Operand a = feature(Range.NORMAL, 2, 3, 5, 7);
        Operand b = parameter(Range.NORMAL, 2, 3, 5, 7);
        Operand frozen = b.as(Operand.Role.CONSTANT);
        return List.of(
                of("two feature maps", new Add(), Tolerance.ROUNDING, a, a),
                of("two stored differently", new Add(), Tolerance.ROUNDING, a, b),
                of("the other way round", new Add(), Tolerance.ROUNDING, b, a),
                of("a frozen one", new Add(), Tolerance.ROUNDING, a, frozen));
    }
}

package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;
import org.naturalinversion.graph.op.Reshape;
import org.naturalinversion.tensor.Shape;

/** The same numbers, row-major. */
final class ReshapeOracle implements Oracle<Reshape> {
    @Override
    public List<Reals> define(Reshape op, List<Reals> in) {
        return List.of(new Reals(op.shape(), in.get(0).items()));
    }

    @Override
    public List<OpCase> cases() {
        Operand x = feature(Range.NORMAL, 2, 3, 5, 7);
        Operand rows = parameter(Range.NORMAL, 2, 105);
        return List.of(
                of("flat", new Reshape(Shape.of(2, 105)), Tolerance.NONE, x),
                of("to an image", new Reshape(Shape.of(2, 5, 7, 3)), Tolerance.NONE, rows),
                of("to a feature map", new Reshape(Shape.of(2, 5, 3, 7)), Tolerance.ROUNDING, rows),
                of("unchanged", new Reshape(Shape.of(2, 105)), Tolerance.NONE, rows));
    }
}

package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.op.MaxPool;
import org.naturalinversion.tensor.Shape;

/** y = the largest of what a window sees; the first of equals. */
final class MaxPoolOracle implements Oracle<MaxPool> {
    @Override
    public List<Reals> define(MaxPool op, List<Reals> in) {
        Reals x = in.get(0);
        Shape shape = PoolWindow.pooled(x.shape(), op.window(), op.ceil());
        Reals at =
                Reals.of(
                        shape,
                        i -> {
                            int[] top = null;
                            for (int[] p : PoolWindow.seen(x.shape(), op.window(), i[1], i[2])) {
                                if (top == null
                                        || x.at(i[0], p[0], p[1], i[3]).value()
                                                > x.at(i[0], top[0], top[1], i[3]).value()) {
                                    top = p;
                                }
                            }
                            return Real.of(top[0] * x.dim(2) + top[1]);
                        });
        Reals y =
                Reals.of(
                        shape,
                        i -> {
                            int top = at.at(i).toInt();
                            return x.at(i[0], top / x.dim(2), top % x.dim(2), i[3]);
                        });
        return List.of(y, at);
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (PoolWindow.Case c : PoolWindow.cases(true)) {
            cases.add(
                    of(
                            c.name(),
                            new MaxPool(c.window(), c.ceil()),
                            Tolerance.SUM,
                            new Operand(Operand.Role.FEATURE, Range.DISTINCT, c.x())));
        }
        Window whole = Window.square(2, 2, 0);
        Operand equal = feature(Range.below(2), 2, 6, 4, 3);
        cases.add(
                of("equal numbers", new MaxPool(whole, false), Tolerance.NONE, equal)
                        .notDifferenced());
        Operand exact = parameter(Range.DISTINCT, 1, 4, 4, 3);
        cases.add(of("stored exactly", new MaxPool(whole, false), Tolerance.NONE, exact));
        return cases;
    }
}

package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.TotalVariation;

/** The sum of the norms of all differences to the right, down, and along both diagonals. */
final class TotalVariationOracle implements Oracle<TotalVariation> {
    @Override
    public List<Reals> define(TotalVariation op, List<Reals> in) {
        Real right = norm(in.get(0), 0, 1);
        Real down = norm(in.get(0), 1, 0);
        Real falling = norm(in.get(0), 1, 1);
        Real rising = norm(in.get(0), 1, -1);
        return List.of(
                Reals.scalar(right.plus(down).plus(falling).plus(rising)),
                Reals.vector(right, down, falling, rising));
    }

    /** The norm of all differences between pixels that are (dy, dx) apart. */
    private static Real norm(Reals x, int dy, int dx) {
        Real sum = Real.ZERO;
        for (int n = 0; n < x.dim(0); n++) {
            for (int i = 0; i + dy < x.dim(1); i++) {
                for (int j = Math.max(0, -dx); j + Math.max(0, dx) < x.dim(2); j++) {
                    for (int c = 0; c < x.dim(3); c++) {
                        Real difference = x.at(n, i, j, c).minus(x.at(n, i + dy, j + dx, c));
                        sum = sum.plus(difference.squared());
                    }
                }
            }
        }
        return sum.sqrt();
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        TotalVariation op = new TotalVariation();
        for (int c : new int[] {1, 3, 7}) {
            Operand x = parameter(Range.NORMAL, 3, 5, 7, c);
            cases.add(of(c + " channels", op, Tolerance.SUM, x));
        }
        cases.add(of("one image", op, Tolerance.SUM, parameter(Range.NORMAL, 1, 32, 31, 3)));
        Operand many = parameter(Range.NORMAL, 37, 32, 31, 3);
        cases.add(of("many", op, Tolerance.SUM, many).notDifferenced());
        cases.add(of("feature map", op, Tolerance.SUM, feature(Range.NORMAL, 2, 6, 5, 13)));
        cases.add(of("one row", op, Tolerance.SUM, parameter(Range.NORMAL, 2, 1, 7, 3)));
        cases.add(of("one column", op, Tolerance.SUM, parameter(Range.NORMAL, 2, 7, 1, 3)));
        Operand flat = parameter(Range.values(2, 2, 2, 2, 2, 2), 1, 2, 3, 1);
        cases.add(of("flat", op, Tolerance.NONE, flat).notDifferenced());
        return cases;
    }
}

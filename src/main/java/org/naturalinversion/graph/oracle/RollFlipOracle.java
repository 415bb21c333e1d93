package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.index;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.naturalinversion.graph.op.RollFlip;

/** y = x rolled by dy rows and dx columns, wrapping, then mirrored left to right if flip is set. */
final class RollFlipOracle implements Oracle<RollFlip> {
    @Override
    public List<Reals> define(RollFlip op, List<Reals> in) {
        Reals x = in.get(0);
        int dy = in.get(1).at(0).toInt();
        int dx = in.get(1).at(1).toInt();
        boolean flip = in.get(1).at(2).toInt() != 0;
        int height = x.dim(1);
        int width = x.dim(2);
        Reals rolled =
                Reals.of(
                        x.shape(),
                        i -> {
                            int row = Math.floorMod(i[1] - dy, height);
                            int column = Math.floorMod(i[2] - dx, width);
                            return x.at(i[0], row, column, i[3]);
                        });
        Reals mirrored = Reals.of(x.shape(), i -> rolled.at(i[0], i[1], width - 1 - i[2], i[3]));
        return List.of(flip ? mirrored : rolled);
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        int[][] draws = {
            {0, 0, 0}, {0, 0, 1}, {1, 0, 0}, {0, -2, 0}, {2, -1, 1}, {-2, 2, 1}, {7, -13, 1}
        };
        for (int[] d : draws) {
            Operand draw = index(Range.values(d[0], d[1], d[2]), 3);
            cases.add(
                    of(
                            "images, " + Arrays.toString(d),
                            new RollFlip(),
                            Tolerance.NONE,
                            parameter(Range.NORMAL, 3, 5, 7, 3),
                            draw));
            cases.add(
                    of(
                            "feature maps, " + Arrays.toString(d),
                            new RollFlip(),
                            Tolerance.NONE,
                            feature(Range.NORMAL, 1, 4, 3, 13),
                            draw));
        }
        return cases;
    }
}

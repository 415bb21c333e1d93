package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.index;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.graph.op.JitterDraw;

/**
 * dy and dx are words 0 and 1 of the block, stretched to [0, 2 range], less range; flip is word 2's
 * first bit.
 */
final class JitterDrawOracle implements Oracle<JitterDraw> {
    @Override
    public List<Reals> define(JitterDraw op, List<Reals> in) {
        int[] words =
                Philox.words(
                        new int[] {
                            0, op.stream(), in.get(1).at(0).toInt(), in.get(0).at(2).toInt()
                        },
                        new int[] {in.get(0).at(0).toInt(), in.get(0).at(1).toInt()});
        int shifts = 2 * op.range() + 1;
        return List.of(
                Reals.vector(
                        Real.of(stretched(words[0], shifts) - op.range()),
                        Real.of(stretched(words[1], shifts) - op.range()),
                        Real.of(stretched(words[2], 2))));
    }

    /** The part of [0, n) that an unsigned word of [0, 2^32) falls in. */
    private static long stretched(int word, int n) {
        return Integer.toUnsignedLong(word) * n >>> 32;
    }

    @Override
    public List<OpCase> cases() {
        List<OpCase> cases = new ArrayList<>();
        for (int range : new int[] {0, 1, 2, 30}) {
            for (int stream = 0; stream < 5; stream++) {
                cases.add(
                        of(
                                "range " + range + ", stream " + stream,
                                new JitterDraw(range, stream),
                                Tolerance.NONE,
                                index(Range.below(Integer.MAX_VALUE), 3),
                                index(Range.below(4000), 1)));
            }
        }
        return cases;
    }
}

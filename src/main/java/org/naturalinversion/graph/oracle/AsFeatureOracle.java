package org.naturalinversion.graph.oracle;

import static org.naturalinversion.graph.oracle.Operand.feature;
import static org.naturalinversion.graph.oracle.Operand.parameter;

import java.util.List;

/** y = x. */
final class AsFeatureOracle implements Oracle<AsFeature> {
    @Override
    public List<Reals> define(AsFeature op, List<Reals> in) {
        return in;
    }

    @Override
    public List<OpCase> cases() {
        return List.of(
                of("exact", new AsFeature(), Tolerance.NONE, parameter(Range.NORMAL, 3, 1031)),
                of("twice", new AsFeature(), Tolerance.NONE, feature(Range.NORMAL, 7)));
    }
}

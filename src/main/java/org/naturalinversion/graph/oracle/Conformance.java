package org.naturalinversion.graph.oracle;

import java.util.ArrayList;
import java.util.List;

/** Everything that an engine is compared with. */
public final class Conformance {
    private Conformance() {}

    /** One oracle for every op, and for the two that only exist for these comparisons. */
    static List<Oracle<?>> oracles() {
        return List.of(
                new ActivateOracle(),
                new AddOracle(),
                new AsFeatureOracle(),
                new AveragePoolOracle(),
                new BatchNormOracle(),
                new ChannelScaleOracle(),
                new ChannelShuffleOracle(),
                new ChannelStatisticsOracle(),
                new ConcatOracle(),
                new Conv2dOracle(),
                new DotOracle(),
                new FlattenOracle(),
                new FoldBatchNormOracle(),
                new FrozenBatchNormOracle(),
                new GlobalAveragePoolOracle(),
                new JitterDrawOracle(),
                new KlDivergenceOracle(),
                new L2NormOracle(),
                new LinearOracle(),
                new MaxPoolOracle(),
                new MultiplyOracle(),
                new PadOracle(),
                new PermuteOracle(),
                new ReshapeOracle(),
                new RollFlipOracle(),
                new ScaleFiltersOracle(),
                new SliceOracle(),
                new SoftmaxCrossEntropyOracle(),
                new StatisticsDistanceOracle(),
                new StopGradientOracle(),
                new SubpixelFiltersOracle(),
                new TotalVariationOracle(),
                new UpsampleNearestOracle(),
                new WeightedSumOracle());
    }

    /** The cases of all ops. */
    public static List<OpCase> cases() {
        return oracles().stream().flatMap(oracle -> oracle.cases().stream()).toList();
    }

    /** All comparisons. */
    public static List<Check> checks() {
        List<Check> checks = new ArrayList<>();
        cases().forEach(op -> checks.add(new OpCheck(op)));
        checks.addAll(FusionCheck.all());
        checks.addAll(OptimizerCheck.all());
        checks.addAll(MovingAverageCheck.all());
        checks.addAll(DrawCheck.all());
        return checks;
    }
}

package org.naturalinversion.graph.oracle;

import java.util.List;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.MovingAverage;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * A moving average over several steps against its closed form: from a, following v, after n steps
 * (1 - share)^n a + (1 - (1 - share)^n) factor v.
 */
record MovingAverageCheck(int channels) implements Check {
    private static final int STEPS = 9;
    private static final double SHARE = 0.1;
    private static final double FACTOR = 1.25;

    static List<Check> all() {
        return List.of(
                new MovingAverageCheck(1), new MovingAverageCheck(33), new MovingAverageCheck(64));
    }

    @Override
    public String name() {
        return "moving average of " + channels;
    }

    @Override
    public String subject() {
        return "MovingAverage";
    }

    @Override
    public List<Deviation> run(Engine engine, Precision precision) {
        Shape shape = Shape.of(channels);
        float[] first = new float[channels];
        float[] followed = new float[channels];
        double[] should = new double[channels];
        double kept = Math.pow(1 - SHARE, STEPS);
        for (int i = 0; i < channels; i++) {
            first[i] = i - 3;
            followed[i] = 2 + i % 7;
            should[i] = kept * first[i] + (1 - kept) * FACTOR * followed[i];
        }
        Graph graph = new Graph();
        Value average =
                graph.parameter("average", shape, new Init.Values(HostTensor.of(shape, first)));
        Value value = graph.constant("value", HostTensor.of(shape, followed));
        graph.applyAll(new MovingAverage(SHARE, FACTOR), List.of(average, value));
        try (Plan plan = engine.compiler(graph).precision(precision).poison().compile()) {
            plan.reset();
            for (int i = 0; i < STEPS; i++) {
                plan.step();
            }
            double[] is = OpCheck.values(plan.read(average));
            return List.of(Deviation.between("average", is, should, Tolerance.SUM.f32()));
        }
    }
}

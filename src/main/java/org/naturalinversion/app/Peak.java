package org.naturalinversion.app;

import java.util.List;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * What a processor can do at most, measured on it: the floor under the time of every call.
 *
 * @param flops multiplications and additions a second, of a convolution of the kindest shape
 * @param cacheBandwidth bytes a second, read and written, over tensors of a few megabytes
 * @param memoryBandwidth the same over tensors too large for any cache
 */
public record Peak(double flops, double cacheBandwidth, double memoryBandwidth) {
    private static final int REPETITIONS = 15;
    private static final int LARGEST = 4096;

    /** Milliseconds that a convolution should take at least for its time to tell. */
    private static final double WORTH_TIMING = 0.5;

    private static final long CACHE = 24L << 20;

    /**
     * A small tensor's time is mostly that of its start, on some: no cache is slower than memory.
     */
    public Peak {
        cacheBandwidth = Math.max(cacheBandwidth, memoryBandwidth);
    }

    /** Measures, in about a second. */
    public static Peak measure(Engine engine, Precision precision) {
        return new Peak(
                convolution(engine, precision),
                bandwidth(engine, Shape.of(32, 32, 32, 32)),
                bandwidth(engine, Shape.of(512, 64, 64, 32)));
    }

    /**
     * Milliseconds that a call cannot be faster than, with its data in the nearest memory that
     * holds it.
     */
    public double floorMilliseconds(double callFlops, long bytes) {
        double bandwidth = bytes > CACHE ? memoryBandwidth : cacheBandwidth;
        return 1e3 * Math.max(callFlops / flops, bytes / bandwidth);
    }

    /** Of a batch so large that its start does not count. */
    private static double convolution(Engine engine, Precision precision) {
        for (int batch = 64; ; batch *= 4) {
            Graph g = new Graph();
            Value key = g.input("key", Type.index(3));
            Value x = g.parameter("x", Shape.of(batch, 8, 8, 256), new Init.Normal(0, 1));
            Value w = g.parameter("w", Shape.of(256, 256, 3, 3), new Init.Normal(0, 0.02));
            Value y = g.apply(Conv2d.of(3, 1, 1, false), x, w);
            Plan.Cost cost = fastest(engine, g, key, y, precision, "conv ");
            if (cost.milliseconds() > WORTH_TIMING || batch >= LARGEST) {
                return cost.flops() / cost.milliseconds() * 1e3;
            }
        }
    }

    private static double bandwidth(Engine engine, Shape shape) {
        Graph g = new Graph();
        Value key = g.input("key", Type.index(3));
        Value x = g.parameter("x", shape, new Init.Normal(0, 1));
        Value y = g.apply(Activate.relu(), x);
        Plan.Cost cost = fastest(engine, g, key, y, Precision.F32, "activation_forward ");
        return cost.bytes() / cost.milliseconds() * 1e3;
    }

    /** Of the calls whose routine's name begins so, the one that does most. */
    private static Plan.Cost fastest(
            Engine engine, Graph g, Value key, Value y, Precision precision, String routine) {
        try (Plan plan =
                engine.compiler(g).precision(precision).keyedBy(key).outputs(y).compile()) {
            plan.write(key, HostTensor.of(Shape.of(3), 1, 0, 0));
            plan.reset();
            plan.profile(3);
            List<Plan.Cost> costs = plan.profile(REPETITIONS);
            return costs.stream()
                    .filter(c -> c.routine().concat(" ").startsWith(routine))
                    .reduce((a, b) -> a.bytes() > b.bytes() ? a : b)
                    .orElseThrow();
        }
    }
}

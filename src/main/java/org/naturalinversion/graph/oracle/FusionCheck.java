package org.naturalinversion.graph.oracle;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.BatchNorm;
import org.naturalinversion.graph.op.ChannelStatistics;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.graph.op.StatisticsDistance;
import org.naturalinversion.graph.op.UpsampleNearest;
import org.naturalinversion.graph.op.WeightedSum;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * A graph that the compiler rewrites, compiled with and without rewriting: both must compute the
 * same, and the rewritten one without certain calls, or with fewer multiplications.
 */
record FusionCheck(String name, Consumer<Pattern> pattern) implements Check {
    /** Fused results skip roundings that unfused ones have. */
    private static final Tolerance TOLERANCE =
            new Tolerance(
                    1e-5,
                    0.1,
                    "sums in another order; other roundings, and they decide which side of a kink"
                            + " a number is on");

    static List<Check> all() {
        List<Check> checks = new ArrayList<>();
        for (boolean statisticsFirst : new boolean[] {true, false}) {
            for (boolean residual : new boolean[] {true, false}) {
                checks.add(
                        new FusionCheck(
                                "frozen BatchNorm, ReLU"
                                        + (residual ? ", residual" : "")
                                        + (statisticsFirst ? ", statistics first" : ""),
                                p -> frozenBatchNorm(p, statisticsFirst, residual)));
            }
        }
        checks.add(new FusionCheck("BatchNorm, LeakyReLU", FusionCheck::batchNorm));
        for (boolean residual : new boolean[] {true, false}) {
            checks.add(
                    new FusionCheck(
                            "convolution, frozen BatchNorm" + (residual ? ", residual" : ""),
                            p -> intoConvolution(p, residual)));
        }
        checks.add(new FusionCheck("upsampling, 1x1 convolution", FusionCheck::pointwise));
        checks.add(new FusionCheck("doubling, 3x3 convolution", FusionCheck::subpixel));
        checks.add(new FusionCheck("a residual block with statistics", FusionCheck::block));
        return checks;
    }

    private static void frozenBatchNorm(Pattern p, boolean statisticsFirst, boolean residual) {
        Value x = p.trained(3, 5, 4, 13);
        if (statisticsFirst) {
            p.distance(x);
        }
        Value y = p.frozenBatchNorm(x);
        Value sum = residual ? p.graph.apply(new Add(), y, p.trained(3, 5, 4, 13)) : y;
        p.loss(p.graph.apply(new Activate(Activation.RELU), sum));
        if (!statisticsFirst) {
            p.distance(x);
        }
        p.gone = List.of("add", "activation_forward", "channel_statistics");
    }

    private static void batchNorm(Pattern p) {
        Value x = p.trained(3, 5, 4, 13);
        BatchNorm norm = new BatchNorm(1e-5, Activation.IDENTITY);
        List<Value> inputs = List.of(x, p.parameter(13), p.parameter(13));
        Value y = p.graph.applyAll(norm, inputs).get(0);
        p.loss(p.graph.apply(new Activate(Activation.leakyRelu(0.2)), y));
        p.gone = List.of("activation_forward");
    }

    private static void intoConvolution(Pattern p, boolean residual) {
        Value x = p.trained(2, 5, 6, 7);
        Value y = p.frozenBatchNorm(p.convolution(x, 13, 3));
        Value sum = residual ? p.graph.apply(new Add(), p.trained(2, 5, 6, 13), y) : y;
        p.loss(p.graph.apply(new Activate(Activation.RELU6), sum));
        p.gone = List.of("frozen_batch_norm_forward", "add", "activation_forward");
    }

    private static void pointwise(Pattern p) {
        Value up = p.graph.apply(new UpsampleNearest(7, 6), p.trained(2, 3, 4, 13));
        Value y = p.graph.apply(Conv2d.of(1, 1, 0, true), up, p.parameter(7, 13, 1, 1), p.bias(7));
        p.loss(y);
    }

    private static void subpixel(Pattern p) {
        Value up = p.graph.apply(new UpsampleNearest(6, 10), p.trained(2, 3, 5, 7));
        p.loss(p.graph.apply(Conv2d.of(3, 1, 1, true), up, p.parameter(13, 7, 3, 3), p.bias(13)));
        p.gone = List.of("upsample_nearest_forward");
    }

    /** A block of a residual network as the method sees it: every norm observed, one shortcut. */
    private static void block(Pattern p) {
        Value x = p.graph.apply(new Activate(Activation.RELU), p.trained(2, 6, 6, 7));
        Value a = p.convolution(x, 13, 3);
        p.distance(a);
        Value relu = p.graph.apply(new Activate(Activation.RELU), p.frozenBatchNorm(a));
        Value b = p.convolution(relu, 13, 3);
        p.distance(b);
        Value shortcut = p.convolution(x, 13, 1);
        p.distance(shortcut);
        Value sum = p.graph.apply(new Add(), p.frozenBatchNorm(b), p.frozenBatchNorm(shortcut));
        p.loss(p.graph.apply(new Activate(Activation.RELU), sum));
        p.gone = List.of("channel_statistics");
    }

    // ---- comparison ---------------------------------------------------------------------------

    @Override
    public String subject() {
        return "fusion";
    }

    @Override
    public List<Deviation> run(Engine engine, Precision precision) {
        Pattern p = new Pattern(name.hashCode());
        pattern.accept(p);
        Value loss =
                p.graph.apply(
                        new WeightedSum(Collections.nCopies(p.losses.size(), 1.0)),
                        p.losses.toArray(Value[]::new));
        try (Plan fused = compile(engine, precision, p, loss, true);
                Plan plain = compile(engine, precision, p, loss, false)) {
            fused.step();
            plain.step();
            List<Deviation> deviations = new ArrayList<>();
            for (String routine : p.gone) {
                long calls =
                        fused.profile(1).stream().filter(c -> c.routine().equals(routine)).count();
                deviations.add(new Deviation("number of calls of " + routine, calls, 0));
            }
            if (p.gone.isEmpty()) {
                double work = fused.flops() / plain.flops();
                deviations.add(new Deviation("work, fused / unfused", work, 0.9));
            }
            double tolerance = TOLERANCE.of(precision);
            for (Value output : p.outputs) {
                deviations.add(
                        Deviation.between(
                                output.toString(),
                                OpCheck.values(fused.read(output)),
                                OpCheck.values(plain.read(output)),
                                tolerance));
            }
            for (Value parameter : p.parameters) {
                deviations.add(
                        Deviation.between(
                                "gradient by " + parameter,
                                OpCheck.values(fused.readGradient(parameter)),
                                OpCheck.values(plain.readGradient(parameter)),
                                tolerance));
            }
            return deviations;
        }
    }

    private static Plan compile(
            Engine engine, Precision precision, Pattern p, Value loss, boolean fuse) {
        Plan plan =
                engine.compiler(p.graph)
                        .precision(precision)
                        .poison()
                        .fuse(fuse)
                        .outputs(p.outputs.toArray(Value[]::new))
                        .gradients(p.parameters.toArray(Value[]::new))
                        .minimize(loss, List.of())
                        .compile();
        plan.reset();
        return plan;
    }

    /** A graph under construction, and what is to be compared of it. */
    static final class Pattern {
        private final Graph graph = new Graph();
        private final SplittableRandom random;
        private final List<Value> parameters = new ArrayList<>();
        private final List<Value> outputs = new ArrayList<>();
        private final List<Value> losses = new ArrayList<>();
        private List<String> gone = List.of();

        private Pattern(long seed) {
            random = new SplittableRandom(seed);
        }

        /** A feature map that gets a gradient. */
        private Value trained(long... extents) {
            return graph.apply(new AsFeature(), parameter(extents));
        }

        private Value parameter(long... extents) {
            String name = "parameter " + parameters.size();
            HostTensor values = draw(Range.NORMAL, extents);
            Value value = graph.parameter(name, Shape.of(extents), new Init.Values(values));
            parameters.add(value);
            return value;
        }

        private Value bias(long c) {
            return parameter(c);
        }

        private Value constant(Range range, long... extents) {
            return graph.constant("constant", draw(range, extents));
        }

        private HostTensor draw(Range range, long... extents) {
            Shape shape = Shape.of(extents);
            double[] values = range.draw(Math.toIntExact(shape.elements()), random);
            return HostTensor.of(shape, OpCheck.floats(values));
        }

        /** A frozen convolution. */
        private Value convolution(Value x, int out, int kernel) {
            Window window = Window.square(kernel, 1, kernel / 2);
            double deviation = 1 / Math.sqrt(x.shape().channels() * kernel * kernel);
            Range range = Range.normal(0, deviation);
            Value w = constant(range, out, x.shape().channels(), kernel, kernel);
            return graph.apply(
                    new Conv2d(window, 1, false, false, false, Activation.IDENTITY), x, w);
        }

        private Value frozenBatchNorm(Value x) {
            int c = x.shape().channels();
            Value mean = constant(Range.normal(0, 0.3), c);
            List<Value> folded =
                    graph.applyAll(
                            new FoldBatchNorm(1e-5),
                            List.of(
                                    constant(Range.POSITIVE, c),
                                    constant(Range.NORMAL, c),
                                    mean,
                                    constant(Range.POSITIVE, c)));
            return graph.apply(FrozenBatchNorm.plain(), x, folded.get(0), folded.get(1), mean);
        }

        /** Compares the statistics of a layer's input with some running ones. */
        private void distance(Value x) {
            int c = x.shape().channels();
            List<Value> statistics = graph.applyAll(new ChannelStatistics(), List.of(x));
            Value distance =
                    graph.applyAll(
                                    new StatisticsDistance(),
                                    List.of(
                                            statistics.get(0),
                                            statistics.get(1),
                                            constant(Range.NORMAL, c),
                                            constant(Range.POSITIVE, c)))
                            .get(0);
            losses.add(distance);
            outputs.add(distance);
        }

        /** Lets the loss depend on all items of a value. */
        private void loss(Value y) {
            outputs.add(y);
            Value factors = constant(Range.APART_FROM_ZERO, y.shape().toArray());
            losses.add(graph.apply(new Dot(), y, factors));
        }
    }
}

package org.naturalinversion.graph.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Optimizer;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.Variables;
import org.naturalinversion.graph.op.L2Norm;
import org.naturalinversion.graph.op.SoftmaxCrossEntropy;
import org.naturalinversion.graph.op.TrackBest;
import org.naturalinversion.graph.op.WeightedSum;
import org.naturalinversion.graph.optim.Adam;
import org.naturalinversion.graph.optim.Rule;
import org.naturalinversion.graph.optim.Schedule;
import org.naturalinversion.graph.optim.Sgd;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * An optimiser over several steps, with steps so large that the loss falls and rises: parameters,
 * all losses, and the parameters that belong to the lowest, against the same in double precision.
 * The loss is the cross entropy of a, some labels, + ||b|| + 0.2 b . w.
 */
record OptimizerCheck(String name, Rule rule, Schedule schedule, Definition definition)
        implements Check {
    private static final int STEPS = 12;
    private static final int CAPACITY = 8;
    private static final Shape A = Shape.of(5, 7);
    private static final long[] LABELS = {3, 0, 6, 2, 2};
    private static final Shape B = Shape.of(3, 37);
    private static final double PULL = 0.2;
    private static final Schedule CONSTANT = Schedule.constant();

    /** Falls in steps 5 to 8 of the 12, and then stays where it is. */
    private static final Schedule FALLING = Schedule.cosineTail(8, 0.5);

    /** The textbook's rule for one number. */
    @FunctionalInterface
    interface Definition {
        /**
         * The next value.
         *
         * @param p the number
         * @param g the derivative by it
         * @param moments what the rule remembers of it, to be updated
         * @param t the number of this step, the first being 1
         */
        double next(double p, double g, double[] moments, int t);
    }

    static List<Check> all() {
        return List.of(
                new OptimizerCheck(
                        "Adam", Adam.of(0.4), CONSTANT, (p, g, m, t) -> adam(p, g, m, t, 0.4)),
                new OptimizerCheck(
                        "Adam with a falling rate",
                        Adam.of(0.4),
                        FALLING,
                        (p, g, m, t) -> adam(p, g, m, t, 0.4 * falling(t))),
                new OptimizerCheck(
                        "SGD", new Sgd(0.5, 0, 0, false), CONSTANT, (p, g, m, t) -> p - 0.5 * g),
                new OptimizerCheck(
                        "SGD with a falling rate",
                        new Sgd(0.5, 0, 0, false),
                        FALLING,
                        (p, g, m, t) -> p - 0.5 * falling(t) * g),
                new OptimizerCheck(
                        "SGD with momentum",
                        new Sgd(0.3, 0.9, 0.01, false),
                        CONSTANT,
                        (p, g, m, t) -> p - 0.3 * velocity(p, g, m)),
                new OptimizerCheck(
                        "SGD with Nesterov's momentum",
                        new Sgd(0.3, 0.9, 0.01, true),
                        CONSTANT,
                        (p, g, m, t) -> {
                            double v = velocity(p, g, m);
                            return p - 0.3 * (g + 0.01 * p + 0.9 * v);
                        }));
    }

    private static double falling(int t) {
        double fallen = Math.max(0, (Math.min(t, 8) - 5) / 4.0);
        return 0.5 + 0.5 * Math.cos(Math.PI * fallen);
    }

    private static double adam(double p, double g, double[] moments, int t, double rate) {
        moments[0] = 0.9 * moments[0] + 0.1 * g;
        moments[1] = 0.999 * moments[1] + 0.001 * g * g;
        double m = moments[0] / (1 - Math.pow(0.9, t));
        double v = moments[1] / (1 - Math.pow(0.999, t));
        return p - rate * m / (Math.sqrt(v) + 1e-8);
    }

    private static double velocity(double p, double g, double[] moments) {
        moments[0] = 0.9 * moments[0] + g + 0.01 * p;
        return moments[0];
    }

    // ---- comparison ---------------------------------------------------------------------------

    @Override
    public List<Deviation> run(Engine engine, Precision precision) {
        SplittableRandom random = new SplittableRandom(5);
        double[] a = draw(A, random);
        double[] b = draw(B, random);
        double[] w = draw(B, random);
        Expected expected = new Expected(a, b, w, definition);
        try (Variables variables = engine.variables()) {
            List<Deviation> deviations = new ArrayList<>();
            deviations.addAll(train(engine, precision, variables, expected));
            deviations.addAll(kept(engine, variables, expected));
            return deviations;
        }
    }

    private List<Deviation> train(
            Engine engine, Precision precision, Variables variables, Expected expected) {
        Graph graph = new Graph();
        Value a = graph.parameter("a", A, values(A, expected.a0));
        Value b = graph.parameter("b", B, values(B, expected.b0));
        Value w = graph.constant("w", HostTensor.of(B, OpCheck.floats(expected.w)));
        Value labels = graph.constant("labels", HostTensor.of(Shape.of(5), LABELS));
        Value loss =
                graph.apply(
                        new WeightedSum(List.of(1.0, 1.0, PULL)),
                        graph.applyAll(new SoftmaxCrossEntropy(), List.of(a, labels)).get(0),
                        graph.apply(new L2Norm(), b),
                        graph.apply(new Dot(), b, w));
        Value history = graph.parameter("history", Shape.of(CAPACITY, 1), new Init.Fill(0));
        Value best = graph.parameter("best", Shape.of(1), new Init.Fill(Double.POSITIVE_INFINITY));
        Value improved = graph.state("improved", Type.index(1), new Init.Fill(0));
        Value iteration = graph.state("iteration", Type.index(1), new Init.Fill(0));
        graph.applyAll(new TrackBest(1), List.of(loss, history, best, improved, iteration));
        try (Plan plan =
                engine.compiler(graph)
                        .precision(precision)
                        .poison()
                        .outputs(loss)
                        .minimize(
                                loss, List.of(new Optimizer("both", List.of(a, b), rule, schedule)))
                        .countedBy(iteration)
                        .keepBestWhen(improved)
                        .variables(variables)
                        .compile()) {
            plan.reset();
            for (int i = 0; i < STEPS; i++) {
                plan.step();
            }
            double tolerance = Tolerance.CHAIN.f32();
            return List.of(
                    compare("a", plan.read(a), expected.a, tolerance),
                    compare("b", plan.read(b), expected.b, tolerance),
                    compare("losses", plan.read(history), expected.history, tolerance),
                    compare("best", plan.read(best), new double[] {expected.best}, tolerance),
                    compare("iterations", plan.read(iteration), new double[] {STEPS}, 0),
                    compare(
                            "improved",
                            plan.read(improved),
                            new double[] {expected.improvedLast ? 1 : 0},
                            0));
        }
    }

    /** The copies of the parameters from the best step, read by another plan. */
    private List<Deviation> kept(Engine engine, Variables variables, Expected expected) {
        Graph graph = new Graph();
        Value a = graph.parameter("a", A, values(A, expected.a0));
        Value b = graph.parameter("b", B, values(B, expected.b0));
        try (Plan plan =
                engine.compiler(graph).outputs(a, b).variables(variables).useBest().compile()) {
            plan.step();
            double tolerance = Tolerance.CHAIN.f32();
            return List.of(
                    compare("best a", plan.read(a), expected.bestA, tolerance),
                    compare("best b", plan.read(b), expected.bestB, tolerance));
        }
    }

    private static Deviation compare(
            String what, HostTensor is, double[] should, double tolerance) {
        return Deviation.between(what, OpCheck.values(is), should, tolerance);
    }

    private static double[] draw(Shape shape, SplittableRandom random) {
        double[] values = Range.NORMAL.draw(Math.toIntExact(shape.elements()), random);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) values[i];
        }
        return values;
    }

    private static Init values(Shape shape, double[] values) {
        return new Init.Values(HostTensor.of(shape, OpCheck.floats(values)));
    }

    /** The same training, in double precision. */
    private static final class Expected {
        private final double[] a0;
        private final double[] b0;
        private final double[] w;
        private final double[] a;
        private final double[] b;
        private final double[] history = new double[CAPACITY];
        private double best = Double.POSITIVE_INFINITY;
        private double[] bestA;
        private double[] bestB;
        private boolean improvedLast;

        Expected(double[] a0, double[] b0, double[] w, Definition rule) {
            this.a0 = a0;
            this.b0 = b0;
            this.w = w;
            a = a0.clone();
            b = b0.clone();
            double[][] ofA = new double[a.length][2];
            double[][] ofB = new double[b.length][2];
            for (int t = 1; t <= STEPS; t++) {
                double loss = crossEntropy(a) + norm(b) + PULL * dot(b, w);
                history[(t - 1) % CAPACITY] = loss;
                improvedLast = loss < best;
                if (improvedLast) {
                    best = loss;
                    bestA = a.clone();
                    bestB = b.clone();
                }
                double[] p = softmax(a);
                double normB = norm(b);
                for (int i = 0; i < a.length; i++) {
                    double target = LABELS[i / 7] == i % 7 ? 1 : 0;
                    a[i] = rule.next(a[i], (p[i] - target) / 5, ofA[i], t);
                }
                for (int i = 0; i < b.length; i++) {
                    b[i] = rule.next(b[i], b[i] / normB + PULL * w[i], ofB[i], t);
                }
            }
        }

        private static double crossEntropy(double[] logits) {
            double[] p = softmax(logits);
            double sum = 0;
            for (int n = 0; n < 5; n++) {
                sum -= Math.log(p[7 * n + (int) LABELS[n]]);
            }
            return sum / 5;
        }

        private static double[] softmax(double[] logits) {
            double[] p = new double[logits.length];
            for (int n = 0; n < 5; n++) {
                double sum = 0;
                for (int k = 0; k < 7; k++) {
                    sum += Math.exp(logits[7 * n + k]);
                }
                for (int k = 0; k < 7; k++) {
                    p[7 * n + k] = Math.exp(logits[7 * n + k]) / sum;
                }
            }
            return p;
        }

        private static double norm(double[] x) {
            return Math.sqrt(dot(x, x));
        }

        private static double dot(double[] x, double[] y) {
            double sum = 0;
            for (int i = 0; i < x.length; i++) {
                sum += x[i] * y[i];
            }
            return sum;
        }
    }
}

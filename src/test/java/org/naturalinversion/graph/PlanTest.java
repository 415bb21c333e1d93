package org.naturalinversion.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.naturalinversion.TestBackends;
import org.naturalinversion.app.Backends;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.Add;
import org.naturalinversion.graph.op.BatchNorm;
import org.naturalinversion.graph.op.ChannelScale;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.GlobalAveragePool;
import org.naturalinversion.graph.op.JitterDraw;
import org.naturalinversion.graph.op.L2Norm;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.graph.op.RollFlip;
import org.naturalinversion.graph.op.SoftmaxCrossEntropy;
import org.naturalinversion.graph.op.StopGradient;
import org.naturalinversion.graph.op.TotalVariation;
import org.naturalinversion.graph.op.TrackBest;
import org.naturalinversion.graph.op.UpsampleNearest;
import org.naturalinversion.graph.op.WeightedSum;
import org.naturalinversion.graph.optim.Adam;
import org.naturalinversion.graph.optim.Schedule;
import org.naturalinversion.graph.optim.Sgd;
import org.naturalinversion.tensor.DType;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

@Tag("backend")
class PlanTest {
    private static Engine engine;

    @BeforeAll
    static void open() {
        engine = open(0);
    }

    private static Engine open(int threads) {
        return Backends.open(TestBackends.names().get(0), threads);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    /** Writes only the first half of its output. */
    private record Half() implements Op {
        @Override
        public List<Type> infer(List<Type> in) {
            return in;
        }

        @Override
        public void forward(Node node, Lowering to) {
            Value x = node.input(0);
            to.call("copy", to.of(x), to.of(node.output(0)), 2 * x.shape().elements());
        }
    }

    @Test
    void poisonShowsWhatNobodyWroteInEveryStep() {
        Graph graph = new Graph();
        Value x = graph.parameter("x", Shape.of(4), new Init.Fill(7));
        Value half = graph.apply(new Half(), x);
        try (Plan plan = engine.compiler(graph).poison().outputs(half).compile()) {
            plan.reset();
            for (int step = 0; step < 2; step++) {
                plan.step();
                assertThat(plan.read(half).toFloats()).containsExactly(7, 7, Float.NaN, Float.NaN);
            }
        }
    }

    /** A little of everything that the method is made of. */
    private static final class Small {
        private final Graph graph = new Graph();
        private final Value key = graph.input("key", Type.index(3));
        private final Value labels = graph.input("labels", Type.index(4));
        private final Value iteration = graph.state("iteration", Type.index(1), new Init.Fill(0));
        private final Value improved = graph.state("improved", Type.index(1), new Init.Fill(0));
        private final Value z = graph.parameter("z", Shape.of(4, 5, 5, 7), new Init.Normal(0, 1));
        private final Value w = graph.parameter("w", Shape.of(13, 7, 3, 3), Init.kaimingNormal(63));
        private final Value b = graph.parameter("b", Shape.of(13), new Init.Fill(0));
        private final Value gamma = graph.parameter("gamma", Shape.of(13), new Init.Fill(1));
        private final Value fc = graph.parameter("fc", Shape.of(3, 13), Init.fanInUniform(13));
        private final Value fcBias = graph.parameter("fc bias", Shape.of(3), new Init.Fill(0));
        private final Value history = graph.parameter("history", Shape.of(8, 1), new Init.Fill(0));
        private final Value best =
                graph.parameter("best", Shape.of(1), new Init.Fill(Double.POSITIVE_INFINITY));
        private final Value loss;

        Small() {
            Value draw = graph.apply(new JitterDraw(2, 1), key, iteration);
            Value x = graph.apply(new RollFlip(), z, draw);
            Value up = graph.apply(new UpsampleNearest(10, 10), x);
            Value conv = graph.apply(Conv2d.of(3, 1, 1, true), up, w, b);
            BatchNorm norm = new BatchNorm(1e-5, Activation.IDENTITY);
            Value normed = graph.applyAll(norm, List.of(conv, gamma, b)).get(0);
            Value relu = graph.apply(new Activate(Activation.leakyRelu(0.2)), normed);
            Value pooled = graph.apply(new GlobalAveragePool(), relu);
            Value logits = graph.apply(new Linear(), pooled, fc, fcBias);
            loss = graph.applyAll(new SoftmaxCrossEntropy(), List.of(logits, labels)).get(0);
            graph.applyAll(new TrackBest(1), List.of(loss, history, best, improved, iteration));
        }

        Compiler compiler() {
            Optimizer all =
                    new Optimizer(
                            "all",
                            List.of(z, w, b, gamma, fc, fcBias),
                            Adam.of(0.01),
                            Schedule.constant());
            return engine.compiler(graph)
                    .outputs(loss)
                    .keyedBy(key)
                    .countedBy(iteration)
                    .keepBestWhen(improved)
                    .minimize(loss, List.of(all));
        }

        Plan started(Plan plan, long seed) {
            plan.write(key, HostTensor.of(Shape.of(3), seed, 0L, 0L));
            plan.write(labels, HostTensor.of(Shape.of(4), 0L, 1L, 2L, 1L));
            plan.reset();
            return plan;
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void aStepAllocatesNothing(Precision precision) {
        Small small = new Small();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        try (Plan plan = small.started(small.compiler().precision(precision).compile(), 1)) {
            for (int i = 0; i < 200; i++) {
                plan.step();
            }
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 5; round++) {
                long before = threads.getThreadAllocatedBytes(self);
                for (int i = 0; i < 50; i++) {
                    plan.step();
                }
                least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
            }
            // The two readings themselves may cost a few bytes.
            assertThat(least).isLessThan(50);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void trainingLowersTheLoss(Precision precision) {
        Small small = new Small();
        try (Plan plan = small.started(small.compiler().precision(precision).compile(), 1)) {
            plan.step();
            float first = plan.read(small.loss).toFloats()[0];
            for (int i = 0; i < 200; i++) {
                plan.step();
            }
            assertThat(plan.read(small.loss).toFloats()[0]).isLessThan(0.2f * first);
            assertThat(plan.read(small.iteration).toFloats()).containsExactly(201);
        }
    }

    @Test
    void aRunFollowsFromItsSeed() {
        Small small = new Small();
        try (Plan plan = small.compiler().compile()) {
            float[] one = losses(small, plan, 1);
            float[] two = losses(small, plan, 2);
            assertThat(losses(small, plan, 1)).containsExactly(one);
            assertThat(two).isNotEqualTo(one);
        }
    }

    private static float[] losses(Small small, Plan plan, long seed) {
        small.started(plan, seed);
        for (int i = 0; i < 8; i++) {
            plan.step();
        }
        return plan.read(small.history).toFloats();
    }

    @Test
    void drawsDependOnTheirNameAlone() {
        Graph one = new Graph();
        Value key = one.input("key", Type.index(3));
        Value w = one.parameter("w", Shape.of(5), new Init.Normal(0, 1));
        Graph two = new Graph();
        two.parameter("other", Shape.of(100), new Init.Normal(0, 1));
        Value key2 = two.input("key", Type.index(3));
        Value longer = two.parameter("w", Shape.of(1000), new Init.Normal(0, 1));
        try (Plan a = engine.compiler(one).outputs(w).keyedBy(key).compile();
                Plan b = engine.compiler(two).outputs(longer).keyedBy(key2).compile()) {
            a.write(key, HostTensor.of(Shape.of(3), 7L, 8L, 9L));
            b.write(key2, HostTensor.of(Shape.of(3), 7L, 8L, 9L));
            a.reset();
            b.reset();
            assertThat(b.read(longer).toFloats()).startsWith(a.read(w).toFloats());
        }
    }

    @Test
    void noGradientPassesWhereItIsStopped() {
        Graph graph = new Graph();
        Value x = graph.parameter("x", Shape.of(2), new Init.Fill(0));
        Value y = graph.parameter("y", Shape.of(2), new Init.Fill(0));
        Value stopped = graph.apply(new StopGradient(), x);
        Value both = graph.apply(new Add(), stopped, y);
        Value loss =
                graph.apply(
                        new WeightedSum(List.of(1.0, 2.0)),
                        graph.apply(new L2Norm(), both),
                        graph.apply(new L2Norm(), x));
        try (Plan plan =
                engine.compiler(graph).gradients(x, y).minimize(loss, List.of()).compile()) {
            plan.write(x, HostTensor.of(Shape.of(2), 3f, 0f));
            plan.write(y, HostTensor.of(Shape.of(2), -3f, 5f));
            plan.step();
            assertThat(plan.readGradient(x).toFloats()).containsExactly(2, 0);
            assertThat(plan.readGradient(y).toFloats()).containsExactly(0, 1);
        }
    }

    /** One value with many readers, the parameter of an optimiser, read directly and twice. */
    @Test
    void gradientsOfAllReadersAddUp() {
        Graph graph = new Graph();
        Value x = graph.parameter("x", Shape.of(2), new Init.Fill(0));
        Value unused = graph.parameter("unused", Shape.of(3), new Init.Fill(1));
        Value twice = graph.apply(new Add(), x, x);
        Value thrice = graph.apply(new Add(), twice, x);
        Value loss =
                graph.apply(
                        new WeightedSum(List.of(1.0, 1.0)),
                        graph.apply(new L2Norm(), thrice),
                        graph.apply(new L2Norm(), x));
        Optimizer sgd =
                new Optimizer(
                        "sgd", List.of(x, unused), new Sgd(0.5, 0, 0, false), Schedule.constant());
        Value first = graph.state("first", Type.index(1), new Init.Fill(1));
        try (Plan plan =
                engine.compiler(graph)
                        .outputs(loss)
                        .countedBy(first)
                        .minimize(loss, List.of(sgd))
                        .compile()) {
            plan.reset();
            plan.write(x, HostTensor.of(Shape.of(2), 3f, 4f));
            plan.step();
            assertThat(plan.readGradient(x).toFloats())
                    .containsExactly(new float[] {2.4f, 3.2f}, within(1e-6f));
            assertThat(plan.readGradient(unused).toFloats()).containsOnly(0);
            assertThat(plan.read(x).toFloats())
                    .containsExactly(new float[] {1.8f, 2.4f}, within(1e-6f));
            assertThat(plan.read(loss).toFloats()).containsExactly(20);
        }
    }

    /** All of our kernels add in an order that follows from the sizes alone. */
    @Test
    void kernelsComputeTheSameOnAnyNumberOfThreads() {
        float[] one = gradientOnThreads(1);
        assertThat(gradientOnThreads(2)).containsExactly(one);
        assertThat(gradientOnThreads(5)).containsExactly(one);
    }

    private static float[] gradientOnThreads(int threads) {
        Graph graph = new Graph();
        Value key = graph.input("key", Type.index(3));
        Value x = graph.parameter("x", Shape.of(16, 24, 24, 13), new Init.Normal(0, 1));
        Value a = graph.parameter("a", Shape.of(16, 13), new Init.Normal(1, 1));
        Value gamma = graph.parameter("gamma", Shape.of(13), new Init.Normal(1, 0.1));
        Value scaled = graph.apply(new ChannelScale(), x, a);
        BatchNorm norm = new BatchNorm(1e-5, Activation.RELU);
        Value normed = graph.applyAll(norm, List.of(scaled, gamma, gamma)).get(0);
        Value pooled = graph.apply(new GlobalAveragePool(), normed);
        Value loss =
                graph.apply(
                        new WeightedSum(List.of(1.0, 0.1)),
                        graph.apply(new L2Norm(), pooled),
                        graph.applyAll(new TotalVariation(), List.of(normed)).get(0));
        try (Engine other = open(threads);
                Plan plan =
                        other.compiler(graph)
                                .keyedBy(key)
                                .gradients(x, a, gamma)
                                .minimize(loss, List.of())
                                .compile()) {
            plan.reset();
            plan.step();
            float[] ofX = plan.readGradient(x).toFloats();
            float[] ofA = plan.readGradient(a).toFloats();
            float[] all = Arrays.copyOf(ofX, ofX.length + ofA.length);
            System.arraycopy(ofA, 0, all, ofX.length, ofA.length);
            return all;
        }
    }

    @Test
    void closedPlansSaySo() {
        Graph graph = new Graph();
        Value x = graph.parameter("x", Shape.of(2), new Init.Fill(0));
        Plan plan = engine.compiler(graph).outputs(x).compile();
        plan.close();
        plan.close();
        assertThatIllegalStateException().isThrownBy(plan::step).withMessageContaining("closed");
        assertThatIllegalStateException().isThrownBy(() -> plan.read(x));
    }

    @Test
    void whatDoesNotFitIsNamed() {
        Graph graph = new Graph();
        Value x = graph.input("x", Type.exact(2, 3, 4, 5));
        Value w = graph.input("w", Type.exact(7, 6, 3, 3));
        assertThatThrownBy(() -> graph.apply(Conv2d.of(3, 1, 1, false), x, w))
                .hasMessageContaining("[7, 6, 3, 3]")
                .hasMessageContaining("Conv2d");
        assertThatThrownBy(() -> graph.apply(new Add(), x, w)).hasMessageContaining("[2, 3, 4, 5]");
        assertThatThrownBy(() -> graph.input("x", Type.exact(1))).hasMessageContaining("x");
    }

    @Test
    void leavesAreReadAndWritten() {
        Graph graph = new Graph();
        Value x = graph.input("x", Type.exact(2));
        Value labels = graph.input("labels", Type.index(2));
        Value y = graph.apply(new Add(), x, x);
        try (Plan plan = engine.compiler(graph).outputs(y, labels).compile()) {
            plan.write(x, HostTensor.of(Shape.of(2), 1.5f, -2f));
            plan.write(labels, HostTensor.of(Shape.of(2), 7L, -1L));
            plan.step();
            assertThat(plan.read(y).toFloats()).containsExactly(3, -4);
            assertThat(plan.read(labels).dtype()).isEqualTo(DType.I32);
            assertThat(plan.read(labels).toFloats()).containsExactly(7, -1);
            assertThatThrownBy(() -> plan.write(x, HostTensor.of(Shape.of(3), 1f, 2f, 3f)))
                    .hasMessageContaining("[3]");
            assertThatThrownBy(() -> plan.write(x, HostTensor.of(Shape.of(2), 1L, 2L)))
                    .hasMessageContaining("I64");
        }
    }
}

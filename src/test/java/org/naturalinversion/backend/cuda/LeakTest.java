package org.naturalinversion.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.Conv2d;
import org.naturalinversion.graph.op.GlobalAveragePool;
import org.naturalinversion.graph.op.Linear;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** A plan's life, many times over: compiled, run, repeated, recorded, replayed, closed. */
@Tag("device")
class LeakTest {
    private static final int LIVES = 1000;

    @Test
    void aThousandPlansLeaveNothing() {
        try (Backend backend = new CudaProvider().open(0, 0);
                Engine engine = new Engine(backend)) {
            live(engine, LIVES / 10);
            long device = backend.freeMemory().bytes();
            long counted = Pointer.totalBytes();
            long resident = residentBytes();
            live(engine, LIVES);
            assertThat(backend.freeMemory().bytes()).isEqualTo(device);
            assertThat(Pointer.totalBytes()).isEqualTo(counted);
            assertThat(residentBytes() - resident).isLessThan(LIVES << 10);
        }
    }

    private static void live(Engine engine, int lives) {
        Graph g = new Graph();
        Value key = g.input("key", Type.index(3));
        Value x = g.parameter("x", Shape.of(2, 6, 6, 8), new Init.Normal(0, 1));
        Value w = g.parameter("w", Shape.of(8, 8, 3, 3), new Init.Normal(0, 1));
        Value b = g.parameter("b", Shape.of(8), new Init.Normal(0, 1));
        Value v = g.parameter("v", Shape.of(3, 8), new Init.Normal(0, 1));
        Value c = g.parameter("c", Shape.of(3), new Init.Normal(0, 1));
        Conv2d convolution =
                new Conv2d(
                        Window.square(3, 1, 1), 1, false, true, false, Activation.leakyRelu(0.2));
        Value y =
                g.apply(
                        new Linear(),
                        g.apply(new GlobalAveragePool(), g.apply(convolution, x, w, b)),
                        v,
                        c);
        for (int i = 0; i < lives; i++) {
            try (Plan plan =
                    engine.compiler(g)
                            .precision(Precision.BF16)
                            .keyedBy(key)
                            .outputs(y)
                            .compile()) {
                plan.write(key, HostTensor.of(Shape.of(3), 1, 0, i));
                plan.reset();
                plan.step();
                plan.step();
                plan.step();
                assertThat(plan.read(y).toFloats()).doesNotContain(Float.NaN);
            }
        }
    }

    private static long residentBytes() {
        System.gc();
        Pointer.trimMemory();
        return Pointer.physicalBytes();
    }
}

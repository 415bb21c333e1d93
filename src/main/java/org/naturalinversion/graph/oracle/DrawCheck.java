package org.naturalinversion.graph.oracle;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Init;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Type;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * The first values of parameters that are drawn at random, number by number. The stream of a draw
 * is the CRC-32 of the parameter's name.
 */
record DrawCheck(String name, Init init, Definition definition, double tolerance) implements Check {
    private static final int[] SIZES = {1, 4, 7, 1031};
    private static final long[][] KEYS = {{0, 0, 0}, {777, 0, 3}, {0xdeadbeefL, 0x12345678L, 99}};

    /** Number i of a draw. */
    @FunctionalInterface
    interface Definition {
        double at(int[] key, int stream, int i);
    }

    static List<Check> all() {
        return List.of(
                new DrawCheck("normal numbers", new Init.Normal(0, 1), Philox::normal, 5e-7),
                new DrawCheck(
                        "normal numbers, moved",
                        new Init.Normal(5, 0.25),
                        (key, stream, i) -> 5 + 0.25 * Philox.normal(key, stream, i),
                        5e-7),
                new DrawCheck("uniform numbers", new Init.Uniform(0, 1), Philox::uniform, 0),
                new DrawCheck(
                        "uniform numbers, moved",
                        new Init.Uniform(-0.25, 0.75),
                        (key, stream, i) -> Philox.uniform(key, stream, i) - 0.25,
                        5e-7));
    }

    @Override
    public String subject() {
        return "draw";
    }

    @Override
    public List<Deviation> run(Engine engine, Precision precision) {
        Graph graph = new Graph();
        Value key = graph.input("key", Type.index(3));
        List<Value> parameters = new ArrayList<>();
        for (int size : SIZES) {
            parameters.add(graph.parameter("weights " + size, Shape.of(size), init));
        }
        List<Deviation> deviations = new ArrayList<>();
        try (Plan plan =
                engine.compiler(graph)
                        .precision(precision)
                        .poison()
                        .outputs(parameters.toArray(Value[]::new))
                        .keyedBy(key)
                        .compile()) {
            for (long[] words : KEYS) {
                int[] narrow = {(int) words[0], (int) words[1], (int) words[2]};
                plan.write(key, HostTensor.of(Shape.of(3), narrow[0], narrow[1], (long) narrow[2]));
                plan.reset();
                for (int p = 0; p < SIZES.length; p++) {
                    double[] should = new double[SIZES[p]];
                    for (int i = 0; i < should.length; i++) {
                        should[i] = definition.at(narrow, stream("weights " + SIZES[p]), i);
                    }
                    double[] is = OpCheck.values(plan.read(parameters.get(p)));
                    String what = "%d numbers, key %s".formatted(SIZES[p], narrow[0]);
                    deviations.add(Deviation.between(what, is, should, tolerance));
                }
            }
        }
        return deviations;
    }

    private static int stream(String name) {
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }
}

package org.naturalinversion.app;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.method.Inversion;
import org.naturalinversion.method.Settings;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.ClassifierReader;
import org.naturalinversion.model.zoo.Zoo;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Times whole iterations, and shows where the time goes. */
public final class Bench {
    /** What is timed: an architecture with random weights, and a batch of the paper's settings. */
    public record Case(String name, String architecture, int classes, ImageSize input, int batch) {
        private static final String BATCH = "-b";

        /** The same with another batch, and named so. */
        public Case batch(int value) {
            String network = name.substring(0, name.lastIndexOf(BATCH));
            return new Case(network + BATCH + value, architecture, classes, input, value);
        }
    }

    /** A row of the table: all calls of one routine. */
    public record Row(
            String routine,
            int calls,
            double milliseconds,
            double floorMilliseconds,
            long bytes,
            double gflop) {
        /** How near the time comes to its floor: 1 is as fast as can be. */
        @JsonProperty
        public double shareOfFloor() {
            return floorMilliseconds / milliseconds;
        }
    }

    /**
     * The figures of a case.
     *
     * @param tflop multiplications and additions of one iteration, in 10^12
     * @param shareOfPeak achieved rate over that of the kindest convolution, measured beside it
     * @param bytes read and written by all calls of an iteration
     * @param peakMemoryBytes native memory held by the plans
     */
    public record Result(
            @JsonProperty("case") String name,
            String precision,
            String backend,
            String device,
            int threads,
            double medianMs,
            double minMs,
            double imagesPerSecond,
            double tflop,
            double tflopsPerSecond,
            double shareOfPeak,
            long bytes,
            long peakMemoryBytes,
            Map<String, String> versions,
            List<Row> table) {}

    private static final int WARM_UP = 5;

    private static final ImageSize SMALL = new ImageSize(32, 32, 3);
    private static final ImageSize LARGE = new ImageSize(224, 224, 3);

    private static final List<Case> CASES =
            List.of(
                    new Case("resnet20-b64", "resnet20-cifar", 10, SMALL, 64),
                    new Case("resnet20-b256", "resnet20-cifar", 10, SMALL, 256),
                    new Case("resnet34-b256", "resnet34-cifar", 10, SMALL, 256),
                    new Case("resnet18-224-b64", "resnet18", 1000, LARGE, 64));

    private Bench() {}

    /** All cases. */
    public static List<Case> cases() {
        return CASES;
    }

    /**
     * The case of a name.
     *
     * @throws IllegalArgumentException if there is none; the message lists those there are
     */
    public static Case find(String name) {
        return CASES.stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "there is no case '%s'; choose one of %s"
                                                .formatted(
                                                        name,
                                                        String.join(
                                                                ", ",
                                                                CASES.stream()
                                                                        .map(Case::name)
                                                                        .toList()))));
    }

    /**
     * Runs a case.
     *
     * @param iterations how many are timed, after a warm-up, and as many again call by call
     */
    public static Result run(Engine engine, Case of, Precision precision, int iterations) {
        return TooLarge.told(of.batch(), 1, () -> time(engine, of, precision, iterations));
    }

    private static Result time(Engine engine, Case of, Precision precision, int iterations) {
        Settings settings =
                Settings.PAPER_CIFAR10.batch(of.batch()).iterations(10_000).precision(precision);
        Architecture architecture = Zoo.find(of.architecture(), of.classes(), of.input());
        Peak peak = Peak.measure(engine, precision);
        try (Inversion inversion = new Inversion(engine, untrained(architecture), settings)) {
            inversion.prepare(
                    1, 0, IntStream.range(0, of.batch()).mapToObj(i -> i % of.classes()).toList());
            Plan plan = inversion.plan();
            double[] ms = new double[iterations];
            for (int i = -WARM_UP; i < iterations; i++) {
                long start = System.nanoTime();
                plan.step();
                plan.synchronize();
                if (i >= 0) {
                    ms[i] = (System.nanoTime() - start) / 1e6;
                }
            }
            Arrays.sort(ms);
            double median = (ms[iterations / 2] + ms[(iterations - 1) / 2]) / 2;
            double tflop = plan.flops() / 1e12;
            List<Plan.Cost> costs = plan.profile(iterations);
            return new Result(
                    of.name(),
                    precision.name().toLowerCase(Locale.ROOT),
                    engine.description().backend(),
                    engine.description().device(),
                    engine.description().threads(),
                    median,
                    ms[0],
                    of.batch() / median * 1e3,
                    tflop,
                    tflop / median * 1e3,
                    plan.flops() / median * 1e3 / peak.flops(),
                    costs.stream().mapToLong(Plan.Cost::bytes).sum(),
                    inversion.memoryBytes(),
                    engine.description().versions(),
                    table(costs, peak));
        }
    }

    /**
     * Kaiming-normal weights, and running statistics that data could have: the time of an iteration
     * does not depend on them.
     */
    static Classifier untrained(Architecture architecture) {
        Random random = new Random(1);
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        for (Map.Entry<String, Shape> entry : ClassifierReader.expected(architecture).entrySet()) {
            Shape shape = entry.getValue();
            float[] values = new float[Math.toIntExact(shape.elements())];
            if (shape.rank() > 1) {
                double deviation = Math.sqrt(2.0 * shape.get(0) / shape.elements());
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) (deviation * random.nextGaussian());
                }
            } else {
                Arrays.fill(values, first(entry.getKey()));
            }
            weights.put(entry.getKey(), HostTensor.of(shape, values));
        }
        return new Classifier(
                architecture,
                weights,
                Normalization.Preset.NONE.of(architecture.input().channels()));
    }

    private static float first(String name) {
        return name.endsWith("bias") ? 0 : name.endsWith("mean") ? 0.1f : 1;
    }

    private static List<Row> table(List<Plan.Cost> costs, Peak peak) {
        Map<String, Row> rows = new LinkedHashMap<>();
        for (Plan.Cost cost : costs) {
            Row row =
                    new Row(
                            cost.routine(),
                            1,
                            cost.milliseconds(),
                            peak.floorMilliseconds(cost.flops(), cost.bytes()),
                            cost.bytes(),
                            cost.flops() / 1e9);
            rows.merge(cost.routine(), row, Bench::together);
        }
        return rows.values().stream()
                .sorted(Comparator.comparingDouble(Row::milliseconds).reversed())
                .toList();
    }

    private static Row together(Row a, Row b) {
        return new Row(
                a.routine(),
                a.calls() + b.calls(),
                a.milliseconds() + b.milliseconds(),
                a.floorMilliseconds() + b.floorMilliseconds(),
                a.bytes() + b.bytes(),
                a.gflop() + b.gflop());
    }
}

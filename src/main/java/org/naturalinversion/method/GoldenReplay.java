package org.naturalinversion.method;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.naturalinversion.graph.Compiler;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Plan;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.BatchNormDistance;
import org.naturalinversion.model.Classifier;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * Repeats iterations that were computed elsewhere in double precision, from the same initial values
 * and jitters, and says how far every number is from those. Tensors of the file are NCHW; its
 * linear layer's outputs are ordered channel, row, column, ours row, column, channel.
 *
 * <p>Keys: {@code z}, {@code targets}, {@code init.*}, {@code jitter} [iterations, 2, 3], {@code
 * itK.loss.*}, {@code it0.generated}, {@code it0.image}, {@code it0.logits}, {@code it0.bn.L.*},
 * {@code it0.grad.*}, {@code final.*}.
 */
public final class GoldenReplay {
    /**
     * How far a result is from the golden one.
     *
     * @param name the golden file's key
     * @param error norm of the difference over norm of the golden tensor
     * @param tolerance the largest error that is accepted
     */
    public record Deviation(String name, double error, double tolerance) {
        public boolean ok() {
            return error <= tolerance;
        }
    }

    private static final List<String> LOSSES = List.of("total", "ce", "bn", "tv", "l2");

    private final Classifier teacher;
    private final Map<String, HostTensor> golden;
    private final Settings settings;
    private final Iteration iteration;
    private final List<Deviation> deviations = new ArrayList<>();

    /**
     * Prepares a replay.
     *
     * @param golden the file's tensors
     * @param metadata the file's texts: sizes, weights and rates
     * @throws IllegalArgumentException if the file lacks something
     */
    public GoldenReplay(
            Classifier teacher,
            Map<String, HostTensor> golden,
            Map<String, String> metadata,
            Precision precision) {
        this.teacher = teacher;
        this.golden = golden;
        this.settings = settings(metadata).precision(precision);
        this.iteration = Iteration.replayed(teacher, settings);
    }

    /** Runs all iterations. */
    public List<Deviation> run(Engine engine) {
        Compiler compiler = iteration.compiler(engine).outputs(observed().toArray(Value[]::new));
        try (Plan plan = compiler.compile()) {
            initialise(plan);
            HostTensor jitter = tensor("jitter");
            for (int i = 0; i < settings.iterations(); i++) {
                for (int k = 0; k < 2; k++) {
                    plan.write(iteration.draws().get(k), draw(jitter, 2 * i + k));
                }
                plan.step();
                if (i == 0) {
                    compareFirst(plan);
                }
            }
            compareLosses(plan);
            trained((name, value) -> compare("final." + name, plan.read(value), value));
        }
        return deviations;
    }

    private Settings settings(Map<String, String> metadata) {
        Function<String, Double> number =
                key -> {
                    try {
                        return Double.valueOf(metadata.getOrDefault(key, "missing"));
                    } catch (NumberFormatException e) {
                        throw new IllegalArgumentException(
                                "metadata %s is %s".formatted(key, metadata.get(key)), e);
                    }
                };
        return Settings.PAPER_CIFAR10
                .batch(number.apply("batch").intValue())
                .iterations(number.apply("iterations").intValue())
                .generator(
                        number.apply("latent").intValue(),
                        number.apply("generator_width").intValue())
                .weights(
                        new Settings.Weights(
                                1,
                                number.apply("bn_weight"),
                                number.apply("tv_weight"),
                                number.apply("l2_weight")))
                .rates(
                        new Settings.Rates(
                                number.apply("lr_generator"),
                                number.apply("lr_ftp"),
                                number.apply("lr_acs"),
                                0.05,
                                0));
    }

    private List<Value> observed() {
        List<Value> values = new ArrayList<>();
        values.add(iteration.images().generated());
        values.add(iteration.images().image());
        values.add(iteration.teacher().logits());
        iteration.objective().statistics().forEach(s -> values.addAll(List.of(s.mean(), s.var())));
        return values;
    }

    private void initialise(Plan plan) {
        plan.write(iteration.key(), HostTensor.of(Shape.of(3), 0, 0, 0));
        plan.write(iteration.targets(), tensor("targets"));
        plan.reset();
        float[] z = tensor("z").toFloats();
        int latent = settings.latent();
        int classes = teacher.classes();
        float[] noise = new float[settings.batch() * latent];
        float[] oneHot = new float[settings.batch() * classes];
        for (int i = 0; i < settings.batch(); i++) {
            System.arraycopy(z, i * (latent + classes), noise, i * latent, latent);
            System.arraycopy(z, i * (latent + classes) + latent, oneHot, i * classes, classes);
        }
        plan.write(
                iteration.graph().leaf(Images.LATENT),
                HostTensor.of(Shape.of(settings.batch(), latent), noise));
        plan.write(
                iteration.graph().leaf(Images.ONE_HOT),
                HostTensor.of(Shape.of(settings.batch(), classes), oneHot));
        trained(
                (name, value) ->
                        plan.write(value, toOurs(name, tensor("init." + name), value.shape())));
    }

    private void compareFirst(Plan plan) {
        compare(
                "it0.generated",
                plan.read(iteration.images().generated()),
                iteration.images().generated());
        compare("it0.image", plan.read(iteration.images().image()), iteration.images().image());
        compare(
                "it0.logits",
                plan.read(iteration.teacher().logits()),
                iteration.teacher().logits());
        List<BatchNormDistance.Statistics> statistics = iteration.objective().statistics();
        for (int i = 0; i < statistics.size(); i++) {
            compare(
                    "it0.bn." + i + ".mean",
                    plan.read(statistics.get(i).mean()),
                    statistics.get(i).mean());
            compare(
                    "it0.bn." + i + ".var",
                    plan.read(statistics.get(i).var()),
                    statistics.get(i).var());
        }
        trained((name, value) -> compare("it0.grad." + name, plan.readGradient(value), value));
    }

    private void compareLosses(Plan plan) {
        float[] history = plan.read(iteration.history()).toFloats();
        for (int i = 0; i < settings.iterations(); i++) {
            for (int k = 0; k < LOSSES.size(); k++) {
                String name = "it%d.loss.%s".formatted(i, LOSSES.get(k));
                HostTensor loss = HostTensor.of(Shape.of(1), history[i * LOSSES.size() + k]);
                add(name, loss.toFloats(), tensor(name).toFloats());
            }
        }
    }

    private interface Trained {
        void accept(String goldenName, Value value);
    }

    private void trained(Trained action) {
        Map<String, Value> values = new LinkedHashMap<>();
        for (String part : List.of(Images.GENERATOR, Images.FTP, Images.ACS)) {
            iteration.graph().parameters(part).forEach(v -> values.put(v.node().op().label(), v));
        }
        values.forEach(
                (name, value) -> action.accept(name.equals("acs.alpha") ? "acs" : name, value));
    }

    private void compare(String name, HostTensor got, Value value) {
        add(name, got.toFloats(), toOurs(name, tensor(name), value.shape()).toFloats());
    }

    private void add(String name, float[] got, float[] want) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < want.length; i++) {
            difference += Math.pow((double) got[i] - want[i], 2);
            norm += Math.pow(want[i], 2);
        }
        double error = norm == 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
        deviations.add(
                new Deviation(
                        name,
                        Double.isNaN(error) ? Double.POSITIVE_INFINITY : error,
                        tolerance(name)));
    }

    private double tolerance(String name) {
        return settings.precision() == Precision.F32
                ? GoldenTolerance.f32(name)
                : GoldenTolerance.bf16(name);
    }

    /** A tensor of the file in our order: images NHWC, the linear layer's outputs by pixel. */
    private HostTensor toOurs(String name, HostTensor tensor, Shape shape) {
        if (tensor.shape().elements() != shape.elements()) {
            throw new IllegalArgumentException(
                    "%s is %s, where %s is computed".formatted(name, tensor.shape(), shape));
        }
        float[] values = tensor.toFloats();
        if (name.endsWith("generator.fc.weight") || name.endsWith("generator.fc.bias")) {
            ImageSize seed = new Generator(settings.width(), teacher.input()).sizes().get(0);
            int inner = Math.toIntExact(shape.elements() / shape.get(0));
            return HostTensor.of(
                    shape,
                    swapped(values, 1, settings.width(), seed.height() * seed.width(), inner));
        } else if (name.equals("it0.generated") || name.equals("it0.image")) {
            return HostTensor.of(
                    shape,
                    swapped(values, shape.dim(0), shape.dim(3), shape.dim(1) * shape.dim(2), 1));
        }
        return HostTensor.of(shape, values);
    }

    /** [n, c, p, inner] as [n, p, c, inner]. */
    private static float[] swapped(float[] x, int n, int c, int p, int inner) {
        float[] y = new float[x.length];
        for (int i = 0; i < n; i++) {
            for (int ch = 0; ch < c; ch++) {
                for (int pixel = 0; pixel < p; pixel++) {
                    int from = ((i * c + ch) * p + pixel) * inner;
                    System.arraycopy(x, from, y, ((i * p + pixel) * c + ch) * inner, inner);
                }
            }
        }
        return y;
    }

    private HostTensor draw(HostTensor jitter, int row) {
        float[] all = jitter.toFloats();
        return HostTensor.of(
                Shape.of(3), (int) all[3 * row], (int) all[3 * row + 1], (int) all[3 * row + 2]);
    }

    private HostTensor tensor(String name) {
        HostTensor tensor = golden.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("there is no tensor " + name);
        }
        return tensor;
    }
}

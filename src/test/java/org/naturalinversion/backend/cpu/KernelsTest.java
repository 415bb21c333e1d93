package org.naturalinversion.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.naturalinversion.backend.Activation;
import org.naturalinversion.backend.Activation.Kind;

/**
 * Kernels against their contracts, written down once more in double precision: at sizes that are no
 * multiple of anything, in both element types.
 */
class KernelsTest {
    /** Of float32: rounding of some operations and sums of many terms. */
    private static final double EXACT = 4e-6;

    /** Of bfloat16: the result is rounded to 8 bits. */
    private static final double ROUNDED = 0x1p-8;

    private static final int[][] SHAPES = {
        {1, 1},
        {1, 7},
        {2, 1000},
        {5, 3},
        {70, 13},
        {63, 33},
        {1000, 1},
        {130, 64},
        {333, 10},
        {4099, 3},
        {2050, 16},
        {3001, 37},
        {70, 512},
        {1031, 96}
    };

    private static final Map<String, Integer> KERNELS = new HashMap<>();

    static {
        IntStream.range(0, HostLibrary.ni_kernel_count())
                .forEach(k -> KERNELS.put(HostLibrary.ni_kernel_name(k), k));
    }

    private final SplittableRandom random = new SplittableRandom(1);
    private PointerScope scope;

    /** A matrix of channels. */
    record Case(Type type, int rows, int c) {
        int n() {
            return rows * c;
        }
    }

    enum Type {
        F32(4, EXACT),
        BF16(2, ROUNDED),
        I32(4, 0);

        final int bytes;
        final double tolerance;

        Type(int bytes, double tolerance) {
            this.bytes = bytes;
            this.tolerance = tolerance;
        }
    }

    static Stream<Case> cases() {
        return Arrays.stream(SHAPES)
                .flatMap(s -> Stream.of(Type.F32, Type.BF16).map(t -> new Case(t, s[0], s[1])));
    }

    @BeforeEach
    void open() {
        scope = new PointerScope();
    }

    @AfterEach
    void free() {
        scope.close();
    }

    // ---- convert ------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 16, 33, 1000, 70001})
    void converts(int n) {
        Memory x = normal(Type.F32, n, 0);
        Memory half = run("convert", Type.F32, x, Type.BF16, new Memory(Type.BF16, n), n);
        half.isCloseTo(x::at, 0);
        Memory back = run("convert", Type.BF16, half, Type.F32, new Memory(Type.F32, n), n);
        back.isExactly(half::at);
        run("convert", Type.F32, x, Type.F32, new Memory(Type.F32, n), n).isExactly(x::at);
        run("convert", Type.BF16, half, Type.BF16, new Memory(Type.BF16, n), n).isExactly(half::at);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 1000, 200001})
    void movesMemory(int n) {
        Memory x = normal(Type.BF16, n, 0);
        Memory y = normal(Type.BF16, n, 0);
        run("copy", x, y, 2L * n).isExactly(x::at);
        run("clear", y, 2L * n).isExactly(i -> 0);
        Memory z = normal(Type.F32, n, 0);
        run("fill", z, n, 0xffffffffL & Float.floatToRawIntBits(-3.5f)).isExactly(i -> -3.5);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void permutesChannels(Type type) {
        int n = 3;
        int c = 5;
        int hw = 49;
        Memory x = normal(type, n * c * hw, 0);
        Memory y = run("nchw_to_nhwc", type, x, new Memory(type, x.n), n, c, hw);
        y.isExactly(i -> x.at((i / (hw * c) * c + i % c) * hw + i / c % hw));
        run("nhwc_to_nchw", type, y, new Memory(type, x.n), n, c, hw).isExactly(x::at);
    }

    /** Offsets, then extent, stride of x and stride of y for each axis. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 0  1 1 1  1 1 1  1 1 1  100 1 1", // a row
                "3 5  2 60 80  3 20 24  4 5 6  5 1 1", // a block out of one tensor into another
                "0 0  2 60 60  3 20 20  4 5 5  5 1 1", // everything
                "0 2  1 7 9  6 20 24  1 3 3  5 1 1", // axes of one element
                "1 0  2 60 40  3 20 10  4 5 2  2 2 1", // every other element
                "119 0  1 1 1  2 -60 60  60 -1 1  1 1 1", // backwards
                "0 7  2 60 1  3 20 2  4 5 6  5 1 24" // transposed
            })
    void copiesBlocks(String block) {
        int[] b = Arrays.stream(block.trim().split("\\s+")).mapToInt(Integer::parseInt).toArray();
        for (Type type : List.of(Type.F32, Type.BF16)) {
            Memory x = normal(type, 400, 0);
            Memory y = normal(type, 400, 0);
            double[] expected = IntStream.range(0, y.n).mapToDouble(y::at).toArray();
            for (int i = 0; i < b[2] * b[5] * b[8] * b[11]; i++) {
                int[] at = {
                    i / (b[11] * b[8] * b[5]),
                    i / (b[11] * b[8]) % b[5],
                    i / b[11] % b[8],
                    i % b[11]
                };
                int from = b[0];
                int into = b[1];
                for (int axis = 0; axis < 4; axis++) {
                    from += at[axis] * b[3 + 3 * axis];
                    into += at[axis] * b[4 + 3 * axis];
                }
                expected[into] = x.at(from);
            }
            Object[] places = IntStream.of(b).boxed().toArray();
            run("block_copy", type, x, y, places);
            y.isExactly(i -> expected[i]);
        }
    }

    // ---- add ----------------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("cases")
    void adds(Case k) {
        Memory a = normal(k.type, k.n(), 0);
        Memory b = normal(k.type, k.n(), 1);
        run("add", k.type, a, b, new Memory(k.type, k.n()), k.n())
                .isCloseTo(i -> a.at(i) + b.at(i), 0);
        double[] before = a.values();
        run("add", k.type, a, b, a, k.n()).isCloseTo(i -> before[i] + b.at(i), 0);
    }

    @Test
    void addsScaledNumbers() {
        Memory a = normal(Type.F32, 1, 0);
        Memory b = normal(Type.F32, 1, 0);
        Memory y = new Memory(Type.F32, 1);
        run("scaled_add", a, b, 0.3, y);
        y.isCloseTo(i -> a.at(0) + 0.3 * b.at(0), 0);
        run("scaled_add", null, b, -2.5, y);
        y.isCloseTo(i -> -2.5 * b.at(0), 0);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void sumsColumns(Case k) {
        Memory x = normal(k.type, k.n(), 1);
        Memory y = new Memory(Type.F32, k.c);
        run("column_sum", k.type, x, y, partials(k.c), k.rows, k.c);
        y.isCloseTo(ch -> sum(k, i -> x.at(i), ch), Math.sqrt(k.rows));
    }

    // ---- activation ---------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource
    void activates(Kind kind) {
        double slope = kind == Kind.LEAKY_RELU ? 0.2 : 0;
        for (Type type : List.of(Type.F32, Type.BF16)) {
            for (int n : new int[] {1, 16, 33, 5003}) {
                Memory x = normal(type, n, 0, 4);
                Memory gy = normal(type, n, 0);
                Memory y = new Memory(type, n);
                run("activation_forward", type, kind.ordinal(), x, y, n, slope);
                y.isCloseTo(i -> value(kind, x.at(i), slope), 0.1);
                Memory gx = new Memory(type, n);
                run("activation_backward", type, kind.ordinal(), x, gy, gx, n, slope);
                gx.isCloseTo(i -> gy.at(i) * derivative(kind, x.at(i), slope), 0.1);
                if (new Activation(kind, slope).derivativeFromResult()) {
                    Memory same = new Memory(type, n);
                    run(
                            "activation_backward_from_result",
                            type,
                            kind.ordinal(),
                            y,
                            gy,
                            same,
                            n,
                            slope);
                    same.isExactly(gx::at);
                }
            }
        }
    }

    @Test
    void activatesWhatIsNotFinite() {
        double infinity = Double.POSITIVE_INFINITY;
        Memory x = new Memory(Type.F32, 4);
        double[] values = {-infinity, -200, 200, infinity};
        x.fill(i -> values[i]);
        double[][] expected = {
            {-infinity, -200, 200, infinity}, // IDENTITY
            {0, 0, 200, infinity}, // RELU
            {-infinity, -200 * 0.25, 200, infinity}, // LEAKY_RELU
            {0, 0, 6, 6}, // RELU6
            {-1, -1, 1, 1}, // TANH
            {0, 0, 1, 1} // SIGMOID
        };
        Memory nan = new Memory(Type.F32, 1);
        for (int kind = 0; kind < expected.length; kind++) {
            double[] of = expected[kind];
            Memory y = new Memory(Type.F32, 4);
            run("activation_forward", Type.F32, kind, x, y, 4, 0.25);
            y.isCloseTo(i -> of[i], 1e-30);
            nan.fill(i -> Double.NaN);
            run("activation_forward", Type.F32, kind, nan, nan, 1, 0.25);
            assertThat(nan.at(0)).isNaN();
        }
    }

    // ---- channel statistics -------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("cases")
    void measuresChannels(Case k) {
        Memory x = normal(k.type, k.n(), 3);
        Memory mean = new Memory(Type.F32, k.c);
        Memory var = new Memory(Type.F32, k.c);
        for (Memory center : new Memory[] {null, normal(Type.F32, k.c, 3, 0.3)}) {
            run("channel_statistics", k.type, x, center, mean, var, partials(2 * k.c), k.rows, k.c);
            mean.isCloseTo(ch -> mean(k, x, ch), 1);
            var.isCloseTo(ch -> var(k, x, ch), 1);
        }
        Memory gmean = normal(Type.F32, k.c, 0);
        Memory gvar = normal(Type.F32, k.c, 0);
        for (int nulls = 0; nulls < 4; nulls++) {
            Memory gm = nulls % 2 == 1 ? null : gmean;
            Memory gv = nulls / 2 == 1 ? null : gvar;
            Memory gx = new Memory(k.type, k.n());
            run("channel_statistics_backward", k.type, x, mean, gm, gv, gx, k.rows, k.c);
            gx.isCloseTo(i -> statisticsGradient(k, x.at(i), mean, gm, gv, i % k.c), 1.0 / k.rows);
        }
    }

    @Test
    void measuresManyRowsExactly() {
        Case k = new Case(Type.F32, 65536, 3);
        Memory x = normal(k.type, k.n(), 10);
        Memory mean = new Memory(Type.F32, k.c);
        Memory var = new Memory(Type.F32, k.c);
        run("channel_statistics", k.type, x, null, mean, var, partials(2 * k.c), k.rows, k.c);
        for (int ch = 0; ch < k.c; ch++) {
            assertThat(mean.at(ch) / mean(k, x, ch)).isBetween(1 - 2e-7, 1 + 2e-7);
            assertThat(var.at(ch) / var(k, x, ch)).isBetween(1 - 1e-6, 1 + 1e-6);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 37, 512})
    void doesNotDependOnThreads(int c) {
        Case k = new Case(Type.F32, 300000 / c, c);
        Memory x = normal(k.type, k.n(), 1);
        int before = HostLibrary.ni_set_threads(0);
        double[][] results = new double[4][];
        for (int threads = 1; threads <= 4; threads++) {
            HostLibrary.ni_set_threads(threads);
            Memory y = new Memory(Type.F32, c);
            run("column_sum", k.type, x, y, partials(c), k.rows, c);
            results[threads - 1] = y.values();
        }
        HostLibrary.ni_set_threads(before);
        for (double[] result : results) {
            assertThat(result).isEqualTo(results[0]);
        }
    }

    // ---- batch norm ---------------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("cases")
    void normalizesBatches(Case k) {
        Memory x = normal(k.type, k.n(), 2);
        Memory gy = normal(k.type, k.n(), 0);
        Memory gamma = normal(Type.F32, k.c, 1, 0.1);
        Memory beta = normal(Type.F32, k.c, 0);
        Memory mean = new Memory(Type.F32, k.c).fill(ch -> mean(k, x, ch));
        Memory var = new Memory(Type.F32, k.c).fill(ch -> var(k, x, ch));
        for (Kind kind : List.of(Kind.IDENTITY, Kind.RELU, Kind.LEAKY_RELU, Kind.RELU6)) {
            double epsilon = 1e-3;
            double slope = kind == Kind.LEAKY_RELU ? 0.2 : 0;
            IntToDoubleFunction root = ch -> 1 / Math.sqrt(var.at(ch) + epsilon);
            IntToDoubleFunction xhat =
                    i -> (x.at(i) - mean.at(i % k.c)) * root.applyAsDouble(i % k.c);
            IntToDoubleFunction before =
                    i -> gamma.at(i % k.c) * xhat.applyAsDouble(i) + beta.at(i % k.c);
            IntToDoubleFunction g =
                    i -> gy.at(i) * derivative(kind, before.applyAsDouble(i), slope);
            Object[] shape = {k.rows, k.c, epsilon, kind.ordinal(), slope};
            Memory y = new Memory(k.type, k.n());
            run("batch_norm_forward", k.type, x, mean, var, gamma, beta, y, shape);
            y.isCloseTo(i -> value(kind, before.applyAsDouble(i), slope), 1);

            Memory ggamma = new Memory(Type.F32, k.c);
            Memory gbeta = new Memory(Type.F32, k.c);
            Memory partials = partials(2 * k.c);
            run(
                    "batch_norm_backward_sums",
                    k.type,
                    x,
                    gy,
                    mean,
                    var,
                    gamma,
                    beta,
                    ggamma,
                    gbeta,
                    partials,
                    shape);
            ggamma.isCloseTo(
                    ch -> sum(k, i -> g.applyAsDouble(i) * xhat.applyAsDouble(i), ch),
                    Math.sqrt(k.rows));
            gbeta.isCloseTo(ch -> sum(k, g, ch), Math.sqrt(k.rows));

            Memory gx = new Memory(k.type, k.n());
            run(
                    "batch_norm_backward",
                    k.type,
                    x,
                    gy,
                    mean,
                    var,
                    gamma,
                    beta,
                    ggamma,
                    gbeta,
                    gx,
                    shape);
            gx.isCloseTo(
                    i ->
                            gamma.at(i % k.c)
                                    * root.applyAsDouble(i % k.c)
                                    * (g.applyAsDouble(i)
                                            - gbeta.at(i % k.c) / k.rows
                                            - xhat.applyAsDouble(i) * ggamma.at(i % k.c) / k.rows),
                    root.applyAsDouble(0));
        }
    }

    // ---- frozen batch norm --------------------------------------------------------------------

    @ParameterizedTest
    @MethodSource("cases")
    void normalizesFrozen(Case k) {
        Memory x = normal(k.type, k.n(), 2);
        Memory scale = normal(Type.F32, k.c, 1, 0.3);
        Memory shift = normal(Type.F32, k.c, -2);
        Memory center = normal(Type.F32, k.c, 2, 0.1);
        for (Kind kind : List.of(Kind.IDENTITY, Kind.RELU, Kind.LEAKY_RELU, Kind.RELU6)) {
            double slope = kind == Kind.LEAKY_RELU ? 0.2 : 0;
            for (Memory residual : new Memory[] {null, normal(k.type, k.n(), 0)}) {
                IntToDoubleFunction expected =
                        i -> {
                            double sum = scale.at(i % k.c) * x.at(i) + shift.at(i % k.c);
                            return value(
                                    kind, sum + (residual == null ? 0 : residual.at(i)), slope);
                        };
                Object[] shape = {k.rows, k.c, kind.ordinal(), slope};
                Memory y = new Memory(k.type, k.n());
                run(
                        "frozen_batch_norm_forward",
                        k.type,
                        x,
                        residual,
                        scale,
                        shift,
                        center,
                        y,
                        null,
                        null,
                        null,
                        shape);
                y.isCloseTo(expected, 3);
                Memory again = new Memory(k.type, k.n());
                Memory mean = new Memory(Type.F32, k.c);
                Memory var = new Memory(Type.F32, k.c);
                Memory partials = partials(2 * k.c);
                run(
                        "frozen_batch_norm_forward",
                        k.type,
                        x,
                        residual,
                        scale,
                        shift,
                        center,
                        again,
                        mean,
                        var,
                        partials,
                        shape);
                again.isExactly(y::at);
                mean.isCloseTo(ch -> mean(k, x, ch), 1);
                var.isCloseTo(ch -> var(k, x, ch), 1);
            }
        }
    }

    /** Every choice of what is there and what is wanted. */
    @ParameterizedTest
    @MethodSource("cases")
    void normalizesFrozenBackward(Case k) {
        Memory x = normal(k.type, k.n(), 2);
        Memory y = normal(k.type, k.n(), 0);
        Memory scale = normal(Type.F32, k.c, 1, 0.3);
        Memory mean = normal(Type.F32, k.c, 2, 0.1);
        Memory[] g = {normal(k.type, k.n(), 0), normal(k.type, k.n(), 0)};
        Memory[] gstatistics = {normal(Type.F32, k.c, 0), normal(Type.F32, k.c, 0)};
        for (int choice = 0; choice < 64; choice++) {
            Memory gy = (choice & 1) != 0 ? g[0] : null;
            Memory gy2 = (choice & 2) != 0 ? g[1] : null;
            Memory gmean = (choice & 4) != 0 ? gstatistics[0] : null;
            Memory gvar = (choice & 8) != 0 ? gstatistics[1] : null;
            Memory gx = (choice & 16) != 0 ? new Memory(k.type, k.n()) : null;
            Memory gresidual = (choice & 32) != 0 ? new Memory(k.type, k.n()) : null;
            Kind kind = Kind.values()[choice % 4];
            double slope = kind == Kind.LEAKY_RELU ? 0.2 : 0;
            boolean needsResult = kind != Kind.IDENTITY && (gy != null || gy2 != null);
            run(
                    "frozen_batch_norm_backward",
                    k.type,
                    gvar == null ? null : x,
                    needsResult ? y : null,
                    gy,
                    gy2,
                    scale,
                    gvar == null ? null : mean,
                    gmean,
                    gvar,
                    gx,
                    gresidual,
                    k.rows,
                    k.c,
                    kind.ordinal(),
                    slope);
            IntToDoubleFunction before =
                    i ->
                            ((gy == null ? 0 : gy.at(i)) + (gy2 == null ? 0 : gy2.at(i)))
                                    * derivative(kind, y.at(i), slope);
            if (gresidual != null) {
                gresidual.isCloseTo(before, 1e-2);
            }
            if (gx != null) {
                gx.isCloseTo(
                        i ->
                                scale.at(i % k.c) * before.applyAsDouble(i)
                                        + statisticsGradient(
                                                k, x.at(i), mean, gmean, gvar, i % k.c),
                        1e-1);
            }
        }
    }

    @Test
    void folds() {
        int c = 37;
        Memory gamma = normal(Type.F32, c, 1);
        Memory beta = normal(Type.F32, c, 0);
        Memory mean = normal(Type.F32, c, 2);
        Memory var = new Memory(Type.F32, c).fill(ch -> 0.5 + ch);
        Memory scale = new Memory(Type.F32, c);
        Memory shift = new Memory(Type.F32, c);
        run("fold_batch_norm", gamma, beta, mean, var, scale, shift, c, 1e-5);
        IntToDoubleFunction expected = ch -> gamma.at(ch) / Math.sqrt(var.at(ch) + 1e-5);
        scale.isCloseTo(expected, 0);
        shift.isCloseTo(ch -> beta.at(ch) - mean.at(ch) * expected.applyAsDouble(ch), 1);

        int rest = 27;
        Memory w = normal(Type.F32, c * rest, 0);
        Memory y = new Memory(Type.F32, c * rest);
        run("scale_filters", w, scale, y, c, rest);
        y.isCloseTo(i -> w.at(i) * scale.at(i / rest), 0);
    }

    // ---- optimizers ---------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 33, 1000, 50003})
    void stepsWithAdam(int n) {
        double rate = 0.01;
        double epsilon = 1e-3;
        double[] factor = {1, 0.5, 0.5};
        Memory factors = new Memory(Type.F32, 2).fill(i -> factor[i]);
        Memory p = normal(Type.F32, n, 0);
        Memory m = new Memory(Type.F32, n).fill(i -> 0);
        Memory v = new Memory(Type.F32, n).fill(i -> 0);
        Memory best = new Memory(Type.F32, n).fill(i -> 7);
        Memory step = new Memory(Type.I32, 1);
        Memory improved = new Memory(Type.I32, 1);
        double[] em = new double[n];
        double[] ev = new double[n];
        double[] kept = best.values();
        for (int t = 1; t <= 3; t++) {
            double[] before = p.values();
            Memory g = normal(Type.F32, n, 0);
            if (t == 2) {
                System.arraycopy(before, 0, kept, 0, n);
            }
            step.set(0, t);
            improved.set(0, t == 2 ? 1 : 0);
            run("adam", p, g, m, v, best, improved, step, factors, 2, n, rate, 0.9, 0.999, epsilon);
            double pace = rate * factor[t - 1];
            double correct1 = 1 - Math.pow(0.9, t);
            double correct2 = 1 - Math.pow(0.999, t);
            for (int i = 0; i < n; i++) {
                em[i] = 0.9 * em[i] + 0.1 * g.at(i);
                ev[i] = 0.999 * ev[i] + 0.001 * g.at(i) * g.at(i);
            }
            m.isCloseTo(i -> em[i], 0.1);
            v.isCloseTo(i -> ev[i], 1e-5);
            p.isCloseTo(
                    i ->
                            before[i]
                                    - pace
                                            * (em[i] / correct1)
                                            / (Math.sqrt(ev[i] / correct2) + epsilon),
                    0.1);
            best.isExactly(i -> kept[i]);
        }
        run("adam", p, m, m, v, null, null, step, factors, 2, n, rate, 0.9, 0.999, epsilon);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void stepsWithSgd(int nesterov) {
        int n = 1003;
        Memory p = normal(Type.F32, n, 0);
        Memory velocity = new Memory(Type.F32, n).fill(i -> 0);
        double[] factor = {1, 0.5, 0.5};
        Memory factors = new Memory(Type.F32, 2).fill(i -> factor[i]);
        Memory step = new Memory(Type.I32, 1);
        Memory best = new Memory(Type.F32, n).fill(i -> 7);
        Memory improved = new Memory(Type.I32, 1);
        double[] speed = new double[n];
        for (int t = 0; t < 3; t++) {
            double[] before = p.values();
            Memory g = normal(Type.F32, n, 0);
            improved.set(0, t == 2 ? 1 : 0);
            step.set(0, t + 1);
            double pace = 0.1 * factor[t];
            run(
                    "sgd", p, g, velocity, best, improved, step, factors, 2, n, 0.1, 0.9, 5e-3,
                    nesterov);
            double[] gradient = new double[n];
            for (int i = 0; i < n; i++) {
                gradient[i] = g.at(i) + 5e-3 * before[i];
                speed[i] = 0.9 * speed[i] + gradient[i];
            }
            velocity.isCloseTo(i -> speed[i], 1);
            p.isCloseTo(
                    i ->
                            before[i]
                                    - pace
                                            * (nesterov == 1
                                                    ? gradient[i] + 0.9 * speed[i]
                                                    : speed[i]),
                    1);
            double kept = t == 2 ? Double.NaN : 7;
            best.isExactly(i -> Double.isNaN(kept) ? before[i] : kept);
        }
    }

    @Test
    void tracksTheBestLoss() {
        double[] losses = {5, 3, Double.NaN, 4, 3, 2, Double.POSITIVE_INFINITY};
        int[] improves = {1, 1, 0, 0, 0, 1, 0};
        int capacity = 4;
        Memory loss = new Memory(Type.F32, 1);
        Memory best = new Memory(Type.F32, 1).fill(i -> Double.POSITIVE_INFINITY);
        Memory improved = new Memory(Type.I32, 1);
        Memory iteration = new Memory(Type.I32, 1).fill(i -> 0);
        Memory history = new Memory(Type.F32, capacity * 2).fill(i -> -1);
        for (int t = 0; t < losses.length; t++) {
            loss.set(0, losses[t]);
            run("record_loss", loss, iteration, history, 1, 2, capacity);
            run("track_best", loss, best, improved, iteration);
            assertThat(improved.at(0)).isEqualTo(improves[t]);
            assertThat(iteration.at(0)).isEqualTo(t + 1);
        }
        assertThat(best.at(0)).isEqualTo(2);
        double last = Double.POSITIVE_INFINITY;
        history.isExactly(i -> new double[] {-1, 3, -1, 2, -1, last, -1, 4}[i]);
    }

    // ---- what kernels should compute ----------------------------------------------------------

    private static double value(Kind kind, double x, double slope) {
        return switch (kind) {
            case IDENTITY -> x;
            case RELU -> Math.max(x, 0);
            case LEAKY_RELU -> x > 0 ? x : slope * x;
            case RELU6 -> Math.min(Math.max(x, 0), 6);
            case TANH -> Math.tanh(x);
            case SIGMOID -> 1 / (1 + Math.exp(-x));
            case SILU -> x / (1 + Math.exp(-x));
            case HARD_SIGMOID -> Math.min(Math.max(x / 6 + 0.5, 0), 1);
            case HARD_SWISH -> x * value(Kind.HARD_SIGMOID, x, slope);
        };
    }

    private static double derivative(Kind kind, double x, double slope) {
        return switch (kind) {
            case IDENTITY -> 1;
            case RELU -> x > 0 ? 1 : 0;
            case LEAKY_RELU -> x > 0 ? 1 : slope;
            case RELU6 -> x > 0 && x < 6 ? 1 : 0;
            case HARD_SIGMOID -> Math.abs(x) < 3 ? 1.0 / 6 : 0;
            case HARD_SWISH -> Math.abs(x) < 3 ? x / 3 + 0.5 : x < 0 ? 0 : 1;
            case TANH, SIGMOID, SILU ->
                    (value(kind, x + 1e-5, slope) - value(kind, x - 1e-5, slope)) / 2e-5;
        };
    }

    private static double sum(Case k, IntToDoubleFunction f, int ch) {
        return IntStream.range(0, k.rows).mapToDouble(r -> f.applyAsDouble(r * k.c + ch)).sum();
    }

    private static double mean(Case k, Memory x, int ch) {
        return sum(k, x::at, ch) / k.rows;
    }

    private static double var(Case k, Memory x, int ch) {
        double mean = mean(k, x, ch);
        return sum(k, i -> (x.at(i) - mean) * (x.at(i) - mean), ch) / k.rows;
    }

    private static double statisticsGradient(
            Case k, double x, Memory mean, Memory gmean, Memory gvar, int ch) {
        double ofMean = gmean == null ? 0 : gmean.at(ch);
        double ofVar = gvar == null ? 0 : 2 * gvar.at(ch) * (x - mean.at(ch));
        return (ofMean + ofVar) / k.rows;
    }

    // ---- memory and calls ---------------------------------------------------------------------

    /** Elements in native memory, and some more behind them that nobody may touch. */
    private static final class Memory {
        private static final int MARGIN = 70;
        private static final byte UNTOUCHED = 0x55;

        final Type type;
        final int n;
        final BytePointer bytes;

        Memory(Type type, int n) {
            this.type = type;
            this.n = n;
            bytes = new BytePointer((n + MARGIN) * (long) type.bytes);
            Pointer.memset(bytes, UNTOUCHED, bytes.capacity());
        }

        double at(int i) {
            return switch (type) {
                case F32 -> bytes.getFloat(4L * i);
                case BF16 -> Float.intBitsToFloat(bytes.getShort(2L * i) << 16);
                case I32 -> bytes.getInt(4L * i);
            };
        }

        void set(int i, double value) {
            switch (type) {
                case F32 -> bytes.putFloat(4L * i, (float) value);
                case BF16 ->
                        bytes.putShort(
                                2L * i, (short) (Float.floatToRawIntBits((float) value) >> 16));
                case I32 -> bytes.putInt(4L * i, (int) value);
            }
        }

        Memory fill(IntToDoubleFunction f) {
            IntStream.range(0, n).forEach(i -> set(i, f.applyAsDouble(i)));
            return this;
        }

        double[] values() {
            return IntStream.range(0, n).mapToDouble(this::at).toArray();
        }

        /** Within the type's tolerance, relative to the expected value and the given scale. */
        void isCloseTo(IntToDoubleFunction expected, double scale) {
            check(expected, type.tolerance, scale);
        }

        void isExactly(IntToDoubleFunction expected) {
            check(expected, 0, 0);
        }

        private void check(IntToDoubleFunction expected, double tolerance, double scale) {
            for (int i = 0; i < n; i++) {
                double want = expected.applyAsDouble(i);
                // What is computed before it is rounded has float32's errors, relative to the
                // scale.
                double allowed = tolerance * Math.abs(want) + Math.min(tolerance, EXACT) * scale;
                if (at(i) != want && !(Math.abs(at(i) - want) <= allowed)) {
                    throw new AssertionError(
                            "element %d of %d is %s, not %s".formatted(i, n, at(i), want));
                }
            }
            for (long b = n * (long) type.bytes; b < bytes.capacity(); b++) {
                assertThat(bytes.get(b)).as("byte %d behind the end", b).isEqualTo(UNTOUCHED);
            }
        }
    }

    private Memory normal(Type type, int n, double mean) {
        return normal(type, n, mean, 1);
    }

    private Memory normal(Type type, int n, double mean, double deviation) {
        return new Memory(type, n).fill(i -> mean + deviation * random.nextGaussian());
    }

    private static Memory partials(int results) {
        return new Memory(Type.F32, HostLibrary.ni_reduction_parts() * results);
    }

    /** Calls a kernel; returns the last memory among the arguments. Arrays are taken apart. */
    private static Memory run(String kernel, Object... arguments) {
        long[] words =
                Arrays.stream(arguments)
                        .flatMap(
                                a ->
                                        a instanceof Object[] more
                                                ? Arrays.stream(more)
                                                : Stream.of(a))
                        .mapToLong(KernelsTest::word)
                        .toArray();
        String signature = HostLibrary.ni_kernel_signature(KERNELS.get(kernel));
        assertThat(words).as(kernel).hasSameSizeAs(signature.toCharArray());
        try (LongPointer pointer = new LongPointer(words)) {
            int status = HostLibrary.ni_kernel_call(KERNELS.get(kernel), null, pointer);
            assertThat(status).as(kernel).isZero();
        }
        Memory last = null;
        for (Object a : arguments) {
            last = a instanceof Memory memory ? memory : last;
        }
        return last;
    }

    private static long word(Object argument) {
        if (argument == null) {
            return 0;
        } else if (argument instanceof Memory memory) {
            return memory.bytes.address();
        } else if (argument instanceof Type type) {
            return type.ordinal();
        } else if (argument instanceof Double real) {
            return Double.doubleToRawLongBits(real);
        } else {
            return ((Number) argument).longValue();
        }
    }
}

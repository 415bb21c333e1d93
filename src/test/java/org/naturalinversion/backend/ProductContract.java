package org.naturalinversion.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.tensor.DType;

/** What every backend's matrix products compute. */
public abstract class ProductContract {
    protected Bench bench;

    /** A backend for one test. */
    protected abstract Backend backend();

    @BeforeEach
    final void open() {
        bench = new Bench(backend());
    }

    @AfterEach
    final void close() {
        bench.close();
    }

    static Stream<MatmulSpec> products() {
        List<MatmulSpec> specs = new ArrayList<>();
        for (int[] size :
                new int[][] {{1, 1, 1}, {2, 3, 1}, {1, 13, 7}, {33, 1, 13}, {7, 33, 65}}) {
            for (int bits = 0; bits < 8; bits++) {
                for (DType[] types :
                        new DType[][] {
                            {DType.F32, DType.F32},
                            {DType.BF16, DType.F32},
                            {DType.BF16, DType.BF16}
                        }) {
                    specs.add(
                            new MatmulSpec(
                                    size[0],
                                    size[1],
                                    size[2],
                                    (bits & 1) != 0,
                                    (bits & 2) != 0,
                                    types[0],
                                    types[1],
                                    (bits & 4) != 0,
                                    false));
                }
            }
        }
        return specs.stream();
    }

    @ParameterizedTest
    @MethodSource("products")
    void multiplies(MatmulSpec spec) {
        float[] a = bench.random((long) spec.m() * spec.k(), spec.input());
        float[] b = bench.random((long) spec.k() * spec.n(), spec.input());
        float[] bias = bench.random(spec.n(), DType.F32);
        Memory c = bench.memory((long) spec.m() * spec.n() * spec.output().bytes());
        Dnn.Prepared product = bench.backend.dnn().matmul(spec);
        List<Object> arguments =
                new ArrayList<>(List.of(bench.put(spec.input(), a), bench.put(spec.input(), b)));
        if (spec.bias()) {
            arguments.add(bench.put(DType.F32, bias));
        }
        arguments.add(c);
        arguments.add(bench.scratch(product.scratchBytes()));
        product.routine().bind(arguments).run();

        float[] found = bench.get(c, spec.output());
        double tolerance = spec.output() == DType.F32 ? 1e-5 : 1e-2;
        for (int i = 0; i < spec.m(); i++) {
            for (int j = 0; j < spec.n(); j++) {
                double expected = spec.bias() ? bias[j] : 0;
                double magnitude = Math.abs(expected);
                for (int l = 0; l < spec.k(); l++) {
                    double term =
                            (double) a[spec.transposeA() ? l * spec.m() + i : i * spec.k() + l]
                                    * b[spec.transposeB() ? j * spec.k() + l : l * spec.n() + j];
                    expected += term;
                    magnitude += Math.abs(term);
                }
                assertThat((double) found[i * spec.n() + j])
                        .isBetween(
                                expected - tolerance * magnitude, expected + tolerance * magnitude);
            }
        }
    }
}

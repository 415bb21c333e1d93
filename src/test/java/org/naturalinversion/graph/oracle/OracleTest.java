package org.naturalinversion.graph.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.graph.Op;

/** The oracles themselves: their derivatives are those of what they compute. */
class OracleTest {
    private static final double STEP = 1e-6;

    static Stream<OpCase> cases() {
        return Conformance.cases().stream().filter(OpCase::differenced);
    }

    /** Compares the gradient by every input, along random directions, with central differences. */
    @ParameterizedTest
    @MethodSource("cases")
    void gradientsAreThoseOfFiniteDifferences(OpCase op) {
        List<double[]> values = new ArrayList<>();
        for (int i = 0; i < op.inputs().size(); i++) {
            values.add(op.values(i));
        }
        Evaluation evaluation = Evaluation.at(op, values);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < values.size(); i++) {
            double[] gradient = evaluation.gradients().get(i);
            if (gradient.length == 0 || !op.op().isDifferentiable()) {
                continue;
            }
            for (int direction = 0; direction < 2; direction++) {
                double[] d = Range.NORMAL.draw(gradient.length, random);
                double above = loss(op, values, i, d, STEP);
                double below = loss(op, values, i, d, -STEP);
                double slope = 0;
                double size = 1e-3;
                for (int j = 0; j < d.length; j++) {
                    slope += gradient[j] * d[j];
                    size += Math.abs(gradient[j] * d[j]);
                }
                assertThat((above - below) / (2 * STEP))
                        .as("along direction %d of input %d", direction, i)
                        .isCloseTo(slope, within(1e-6 * size));
            }
        }
    }

    private static double loss(
            OpCase op, List<double[]> values, int input, double[] direction, double step) {
        List<double[]> moved = new ArrayList<>(values);
        double[] there = values.get(input).clone();
        for (int j = 0; j < there.length; j++) {
            there[j] += step * direction[j];
        }
        moved.set(input, there);
        return Evaluation.at(op, moved).loss();
    }

    @Test
    void everyOpHasAnOracle() throws IOException {
        try (Stream<Path> files =
                Files.list(Path.of("src/main/java/org/naturalinversion/graph/op"))) {
            List<String> ops =
                    files.map(file -> file.getFileName().toString().replace(".java", ""))
                            .filter(OracleTest::isOp)
                            .toList();
            assertThat(ops).isNotEmpty().allMatch(op -> hasOracle(op));
        }
    }

    private static boolean isOp(String name) {
        try {
            Class<?> type = Class.forName("org.naturalinversion.graph.op." + name);
            // What changes state has no result; OptimizerCheck and MovingAverageCheck watch it.
            return Op.class.isAssignableFrom(type)
                    && !name.equals("TrackBest")
                    && !name.equals("MovingAverage");
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static boolean hasOracle(String op) {
        return Conformance.oracles().stream()
                .anyMatch(oracle -> oracle.getClass().getSimpleName().equals(op + "Oracle"));
    }
}

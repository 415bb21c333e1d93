package org.naturalinversion.data;

import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.naturalinversion.method.Losses;

/** Draws how the losses fall: each term over the iterations, the mean of all batches. */
final class LossPlot {
    private record Term(String name, int colour, ToDoubleFunction<Losses> value) {}

    private static final List<Term> TERMS =
            List.of(
                    new Term("total (weighted)", 0x202020, Losses::total),
                    new Term("BatchNorm statistics", 0xd95f02, Losses::batchNorm),
                    new Term("cross-entropy", 0x1b79b5, Losses::crossEntropy),
                    new Term("total variation", 0x7aa83a, Losses::totalVariation),
                    new Term("L2 norm", 0x9a86c0, Losses::l2));

    /** The scale is logarithmic: less than this is drawn as this. */
    private static final double LEAST = 1e-4;

    /** More points than this cannot be told apart. */
    private static final int POINTS = 1000;

    private LossPlot() {}

    /**
     * Draws the losses of at least one batch. Needs no display, but a font.
     *
     * @param histories for each batch, the losses of every iteration
     */
    static Picture draw(Collection<List<Losses>> histories) {
        int iterations = histories.stream().mapToInt(List::size).min().orElseThrow();
        int[] shown =
                IntStream.rangeClosed(1, Math.min(POINTS, iterations))
                        .map(i -> (int) ((long) i * iterations / Math.min(POINTS, iterations)))
                        .toArray();
        XYChart chart = Charts.blank(title(histories.size()), "iteration", iterations);
        chart.getStyler().setYAxisLogarithmic(true);
        double[] x = IntStream.of(shown).asDoubleStream().toArray();
        // Where points are equally spaced, XChart puts ticks on them, at numbers that are not
        // round.
        x[0] += 0.01;
        for (Term term : TERMS) {
            double[] y = IntStream.of(shown).mapToDouble(i -> mean(histories, i, term)).toArray();
            Charts.line(chart, term.name(), x, y, term.colour());
        }
        return Charts.picture(chart);
    }

    private static String title(int batches) {
        return batches == 1 ? "Losses" : "Losses, mean of " + batches + " batches";
    }

    private static double mean(Collection<List<Losses>> histories, int iteration, Term term) {
        double mean =
                histories.stream()
                        .mapToDouble(
                                history -> term.value().applyAsDouble(history.get(iteration - 1)))
                        .average()
                        .orElseThrow();
        return Double.isFinite(mean) ? Math.max(LEAST, mean) : Double.NaN;
    }
}

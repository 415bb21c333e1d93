package org.naturalinversion.data;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;
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
        XYChart chart =
                new XYChartBuilder()
                        .width(960)
                        .height(540)
                        .theme(ChartTheme.XChart)
                        .title(title(histories.size()))
                        .xAxisTitle("iteration")
                        .build();
        chart.getStyler()
                .setYAxisLogarithmic(true)
                .setXAxisMin(0.0)
                .setXAxisMax((double) iterations)
                .setXAxisTickMarkSpacingHint(100)
                .setPlotGridVerticalLinesVisible(false)
                .setPlotGridLinesStroke(new BasicStroke(0.5f))
                .setPlotGridLinesColor(new Color(0xe4e4e4))
                .setAxisTickMarksColor(new Color(0xe4e4e4))
                .setAxisTickLabelsColor(new Color(0x606060))
                .setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12))
                .setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12))
                .setPlotBorderVisible(false)
                .setLegendPosition(LegendPosition.OutsideS)
                .setLegendLayout(LegendLayout.Horizontal)
                .setLegendBorderColor(Color.WHITE)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14))
                .setChartBackgroundColor(Color.WHITE);
        double[] x = IntStream.of(shown).asDoubleStream().toArray();
        // Where points are equally spaced, XChart puts ticks on them, at numbers that are not
        // round.
        x[0] += 0.01;
        for (Term term : TERMS) {
            double[] y = IntStream.of(shown).mapToDouble(i -> mean(histories, i, term)).toArray();
            chart.addSeries(term.name(), x, y)
                    .setMarker(SeriesMarkers.NONE)
                    .setLineColor(new Color(term.colour()))
                    .setLineStyle(new BasicStroke(1.6f));
        }
        return picture(BitmapEncoder.getBufferedImage(chart));
    }

    private static Picture picture(BufferedImage image) {
        Picture picture = Picture.blank(image.getHeight(), image.getWidth(), 3, 0);
        for (int i = 0; i < image.getHeight() * image.getWidth(); i++) {
            Color colour = new Color(image.getRGB(i % image.getWidth(), i / image.getWidth()));
            picture.pixels()[3 * i] = (byte) colour.getRed();
            picture.pixels()[3 * i + 1] = (byte) colour.getGreen();
            picture.pixels()[3 * i + 2] = (byte) colour.getBlue();
        }
        return picture;
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

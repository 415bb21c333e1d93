package org.naturalinversion.data;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How all plots look. Needs no display, but a font. */
final class Charts {
    private static final Color PALE = new Color(0xe4e4e4);

    private Charts() {}

    /** A plot without lines, x from 0 to the given end. */
    static XYChart blank(String title, String xTitle, double xEnd) {
        XYChart chart =
                new XYChartBuilder()
                        .width(960)
                        .height(540)
                        .theme(ChartTheme.XChart)
                        .title(title)
                        .xAxisTitle(xTitle)
                        .build();
        chart.getStyler()
                .setXAxisMin(0.0)
                .setXAxisMax(xEnd)
                .setXAxisTickMarkSpacingHint(100)
                .setPlotGridVerticalLinesVisible(false)
                .setPlotGridLinesStroke(new BasicStroke(0.5f))
                .setPlotGridLinesColor(PALE)
                .setAxisTickMarksColor(PALE)
                .setAxisTickLabelsColor(new Color(0x606060))
                .setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12))
                .setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12))
                .setPlotBorderVisible(false)
                .setLegendPosition(LegendPosition.OutsideS)
                .setLegendLayout(LegendLayout.Horizontal)
                .setLegendBorderColor(Color.WHITE)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14))
                .setChartBackgroundColor(Color.WHITE);
        return chart;
    }

    /** Adds a line without markers. */
    static void line(XYChart chart, String name, double[] x, double[] y, int colour) {
        chart.addSeries(name, x, y)
                .setMarker(SeriesMarkers.NONE)
                .setLineColor(new Color(colour))
                .setLineStyle(new BasicStroke(1.6f));
    }

    /**
     * A plot as a file.
     *
     * @param log receives a note if it cannot be drawn
     */
    static Optional<byte[]> png(Supplier<Picture> plot, String name, Consumer<String> log) {
        try {
            return Optional.of(Png.encode(plot.get(), Map.of()));
        } catch (RuntimeException | LinkageError | InternalError e) {
            // Java without libfreetype or without any font fails in one of these ways.
            log.accept(
                    name
                            + " cannot be drawn; is a font installed? (Debian package"
                            + " fonts-dejavu-core)");
            return Optional.empty();
        }
    }

    /** The plot's pixels. */
    static Picture picture(XYChart chart) {
        BufferedImage image = BitmapEncoder.getBufferedImage(chart);
        Picture picture = Picture.blank(image.getHeight(), image.getWidth(), 3, 0);
        for (int i = 0; i < image.getHeight() * image.getWidth(); i++) {
            Color colour = new Color(image.getRGB(i % image.getWidth(), i / image.getWidth()));
            picture.pixels()[3 * i] = (byte) colour.getRed();
            picture.pixels()[3 * i + 1] = (byte) colour.getGreen();
            picture.pixels()[3 * i + 2] = (byte) colour.getBlue();
        }
        return picture;
    }
}

package org.naturalinversion.data;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.XYChart;

/**
 * Draws how training goes: losses and the share of test images that are misjudged, over the epochs.
 */
final class EpochPlot {
    private EpochPlot() {}

    /** Draws at least one epoch. */
    static Picture draw(String title, List<Epoch> epochs) {
        XYChart chart = Charts.blank(title, "epoch", epochs.size());
        chart.getStyler().setYAxisLogarithmic(true);
        line(chart, "training loss", epochs, Epoch::loss, 0xd95f02);
        line(chart, "test loss", epochs, Epoch::testLoss, 0x1b79b5);
        line(chart, "test error", epochs, e -> 1 - e.testAccuracy(), 0x202020);
        return Charts.picture(chart);
    }

    private static void line(
            XYChart chart,
            String name,
            List<Epoch> epochs,
            ToDoubleFunction<Epoch> value,
            int colour) {
        double[] x = epochs.stream().mapToDouble(Epoch::number).toArray();
        double[] y = epochs.stream().mapToDouble(value).map(EpochPlot::drawable).toArray();
        // Where points are equally spaced, XChart puts ticks on them, at numbers that are not
        // round.
        x[0] += 0.01;
        Charts.line(chart, name, x, y, colour);
    }

    /** The scale is logarithmic. */
    private static double drawable(double value) {
        return Double.isFinite(value) ? Math.max(1e-4, value) : Double.NaN;
    }
}

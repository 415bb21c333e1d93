package org.naturalinversion.data;

import java.util.ArrayList;
import java.util.List;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;

/** Mean and deviation of an image set's pixels. */
public final class PixelStatistics {
    private static final double DIGITS = 1e4;

    private PixelStatistics() {}

    /**
     * The normalisation that makes every channel's mean 0 and its deviation 1 over all pixels, but
     * for a rounding to four digits.
     *
     * @throws IllegalArgumentException if a channel is the same everywhere
     */
    public static Normalization of(ImageSet set) {
        ImageSize size = set.imageSize();
        int channels = size.channels();
        byte[] pixels = new byte[size.height() * size.width() * channels];
        double[] sums = new double[channels];
        double[] squares = new double[channels];
        for (int i = 0; i < set.size(); i++) {
            set.pixels(i, pixels, 0);
            for (int j = 0; j < pixels.length; j++) {
                double pixel = (pixels[j] & 0xff) / 255.0;
                sums[j % channels] += pixel;
                squares[j % channels] += pixel * pixel;
            }
        }
        double count = (double) set.size() * size.height() * size.width();
        List<Double> means = new ArrayList<>();
        List<Double> deviations = new ArrayList<>();
        for (int c = 0; c < channels; c++) {
            double mean = sums[c] / count;
            means.add(rounded(mean));
            deviations.add(rounded(Math.sqrt(Math.max(0, squares[c] / count - mean * mean))));
        }
        return new Normalization(means, deviations);
    }

    private static double rounded(double value) {
        return Math.round(value * DIGITS) / DIGITS;
    }
}

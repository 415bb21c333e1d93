package org.naturalinversion.data;

import java.util.Arrays;
import org.naturalinversion.model.ImageSize;

/**
 * Brings pictures to a size: shrunk or enlarged until one side fits, what the other has too much
 * cut off at both ends.
 */
final class Fitting {
    /** Brightness of red, green and blue, as in ITU-R BT.601, in thousandths. */
    private static final int[] BRIGHTNESS = {299, 587, 114};

    private Fitting() {}

    /**
     * A picture of the given size; the picture itself if it has that.
     *
     * @throws IllegalArgumentException if pictures have no such number of channels
     */
    static Picture fit(Picture picture, ImageSize size) {
        Picture coloured = channels(picture, size.channels());
        int height = coloured.height();
        int width = coloured.width();
        if (height == size.height() && width == size.width()) {
            return coloured;
        }
        double scale = Math.max(size.height() / (double) height, size.width() / (double) width);
        Picture rows = rows(coloured, size.height(), scale);
        return transposed(rows(transposed(rows), size.width(), scale));
    }

    private static Picture channels(Picture picture, int channels) {
        if (picture.channels() == channels) {
            return picture;
        }
        Picture to = Picture.blank(picture.height(), picture.width(), channels, 0);
        byte[] from = picture.pixels();
        for (int i = 0; i < picture.height() * picture.width(); i++) {
            if (channels == 3) {
                for (int c = 0; c < channels; c++) {
                    to.pixels()[channels * i + c] = from[i];
                }
            } else {
                int sum = 500;
                for (int c = 0; c < BRIGHTNESS.length; c++) {
                    sum += BRIGHTNESS[c] * (from[BRIGHTNESS.length * i + c] & 0xff);
                }
                to.pixels()[i] = (byte) (sum / 1000);
            }
        }
        return to;
    }

    /**
     * The middle rows of a picture that is scaled vertically: each the mean of the rows around it,
     * weighted by a triangle as wide as two rows of the coarser picture.
     */
    private static Picture rows(Picture picture, int count, double scale) {
        int row = picture.width() * picture.channels();
        byte[] from = picture.pixels();
        byte[] to = new byte[count * row];
        double reach = Math.max(1, 1 / scale);
        double cut = (picture.height() * scale - count) / 2;
        double[] sums = new double[row];
        for (int y = 0; y < count; y++) {
            double centre = (y + cut + 0.5) / scale - 0.5;
            int first = Math.max(0, (int) Math.ceil(centre - reach));
            int last = Math.min(picture.height() - 1, (int) Math.floor(centre + reach));
            double total = 0;
            Arrays.fill(sums, 0);
            for (int s = first; s <= last; s++) {
                double weight = Math.max(1e-9, 1 - Math.abs(s - centre) / reach);
                total += weight;
                for (int i = 0; i < row; i++) {
                    sums[i] += weight * (from[s * row + i] & 0xff);
                }
            }
            for (int i = 0; i < row; i++) {
                to[y * row + i] = (byte) Math.round(sums[i] / total);
            }
        }
        return new Picture(count, picture.width(), picture.channels(), to);
    }

    private static Picture transposed(Picture picture) {
        int channels = picture.channels();
        byte[] from = picture.pixels();
        byte[] to = new byte[from.length];
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                System.arraycopy(
                        from,
                        (y * picture.width() + x) * channels,
                        to,
                        (x * picture.height() + y) * channels,
                        channels);
            }
        }
        return new Picture(picture.width(), picture.height(), channels, to);
    }
}

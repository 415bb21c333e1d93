package org.naturalinversion.data;

import java.util.Arrays;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * An image as screens show it: 8 bits per channel, sRGB or grey.
 *
 * @param pixels height x width x channels
 */
public record Picture(int height, int width, int channels, byte[] pixels) {
    public Picture {
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException(
                    "pictures are grey or RGB, %d channels are not supported".formatted(channels));
        }
        if (pixels.length != height * width * channels) {
            throw new IllegalArgumentException(
                    "%d bytes for %d x %d x %d".formatted(pixels.length, height, width, channels));
        }
    }

    /** A picture of one colour, black or white or between. */
    public static Picture blank(int height, int width, int channels, int shade) {
        byte[] pixels = new byte[height * width * channels];
        Arrays.fill(pixels, (byte) shade);
        return new Picture(height, width, channels, pixels);
    }

    /**
     * An image as the classifier means it: pixel = x * deviation + mean, cut to [0, 1], rounded.
     *
     * @param images float32 [N, H, W, C], normalised
     * @param index which of them
     */
    public static Picture of(HostTensor images, int index, Normalization normalization) {
        Shape shape = images.shape();
        float[] values = images.slice(index).toFloats();
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = shade(normalization.pixel(i % shape.channels(), values[i]));
        }
        return new Picture(shape.dim(1), shape.dim(2), shape.channels(), pixels);
    }

    /**
     * An image with its smallest value black and its largest white, whatever they are: shows
     * structure, not colour.
     *
     * @param images float32 [N, H, W, C]
     * @param index which of them
     */
    public static Picture stretched(HostTensor images, int index) {
        Shape shape = images.shape();
        float[] values = images.slice(index).toFloats();
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = shade((values[i] - least) / ((double) most - least));
        }
        return new Picture(shape.dim(1), shape.dim(2), shape.channels(), pixels);
    }

    /** This picture with every pixel as a square of the given size. */
    public Picture enlarged(int times) {
        Picture large = blank(height * times, width * times, channels, 0);
        for (int y = 0; y < large.height; y++) {
            for (int x = 0; x < large.width; x++) {
                System.arraycopy(
                        pixels,
                        offset(y / times, x / times),
                        large.pixels,
                        large.offset(y, x),
                        channels);
            }
        }
        return large;
    }

    /** Copies a smaller picture into this one. */
    void paste(Picture picture, int top, int left) {
        for (int y = 0; y < picture.height; y++) {
            System.arraycopy(
                    picture.pixels,
                    picture.offset(y, 0),
                    pixels,
                    offset(top + y, left),
                    picture.width * channels);
        }
    }

    private int offset(int y, int x) {
        return (y * width + x) * channels;
    }

    /** Of a brightness in [0, 1]; what is outside is cut off. */
    private static byte shade(double brightness) {
        return (byte) Math.round(255 * Math.max(0, Math.min(1, brightness)));
    }
}

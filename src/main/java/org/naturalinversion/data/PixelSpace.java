package org.naturalinversion.data;

import java.util.stream.IntStream;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/** Images [N, H, W, C] on their way between classifiers and pixels. */
public final class PixelSpace {
    private PixelSpace() {}

    /**
     * Images of a set as a classifier sees them.
     *
     * @param indices which of them, in this order
     * @return float32 [N, H, W, C], normalised
     */
    public static HostTensor batch(ImageSet set, int[] indices, Normalization normalization) {
        ImageSize size = set.imageSize();
        int channels = size.channels();
        int image = size.height() * size.width() * channels;
        Normalization wanted = normalization.forChannels(channels);
        float[] table = new float[channels << 8];
        for (int i = 0; i < table.length; i++) {
            table[i] = (float) wanted.normalised(i >> 8, (i & 0xff) / 255.0);
        }
        float[] values = new float[Math.multiplyExact(indices.length, image)];
        IntStream.range(0, indices.length)
                .parallel()
                .forEach(
                        n -> {
                            byte[] pixels = new byte[image];
                            set.pixels(indices[n], pixels, 0);
                            for (int i = 0; i < image; i++) {
                                int shade = pixels[i] & 0xff;
                                values[n * image + i] = table[i % channels << 8 | shade];
                            }
                        });
        return HostTensor.of(
                Shape.of(indices.length, size.height(), size.width(), channels), values);
    }

    /** Images of one classifier's input space in another's; nothing is cut off. */
    public static HostTensor convert(HostTensor images, Normalization from, Normalization to) {
        return map(images, (c, x) -> to.normalised(c, from.pixel(c, x)));
    }

    /** Images as they are once they have been written with 8 bits and read again. */
    public static HostTensor rounded(HostTensor images, Normalization normalization) {
        return map(
                images,
                (c, x) -> {
                    double pixel = Math.max(0, Math.min(1, normalization.pixel(c, x)));
                    return normalization.normalised(c, Math.round(255 * pixel) / 255.0);
                });
    }

    private interface OfChannel {
        double apply(int channel, float x);
    }

    private static HostTensor map(HostTensor images, OfChannel function) {
        int channels = images.shape().channels();
        float[] values = images.toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) function.apply(i % channels, values[i]);
        }
        return HostTensor.of(images.shape(), values);
    }
}

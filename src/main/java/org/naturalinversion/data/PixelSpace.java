package org.naturalinversion.data;

import org.naturalinversion.model.Normalization;
import org.naturalinversion.tensor.HostTensor;

/** Images [N, H, W, C] on their way between classifiers and pixels. */
public final class PixelSpace {
    private PixelSpace() {}

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

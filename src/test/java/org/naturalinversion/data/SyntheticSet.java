package org.naturalinversion.data;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.naturalinversion.model.ImageSize;

/**
 * Images that are easy to tell apart: noise, with a bright bar whose height in the image is the
 * class.
 */
public record SyntheticSet(int size, ImageSize imageSize, int count, long seed)
        implements ImageSet {
    @Override
    public List<String> classes() {
        return IntStream.range(0, count).mapToObj(String::valueOf).toList();
    }

    @Override
    public int label(int index) {
        return index % count;
    }

    @Override
    public void pixels(int index, byte[] into, int offset) {
        SplittableRandom random = new SplittableRandom(seed + index);
        int row = imageSize.width() * imageSize.channels();
        int bar = (2 * label(index) + 1) * imageSize.height() / (2 * count);
        for (int i = 0; i < row * imageSize.height(); i++) {
            into[offset + i] = (byte) (random.nextInt(100) + (i / row == bar ? 150 : 0));
        }
    }
}

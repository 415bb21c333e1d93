package org.naturalinversion.data;

import java.util.List;
import org.naturalinversion.model.ImageSize;

/** The images of another set, brought to another size. */
record FittedImages(ImageSet from, ImageSize imageSize) implements ImageSet {
    @Override
    public int size() {
        return from.size();
    }

    @Override
    public List<String> classes() {
        return from.classes();
    }

    @Override
    public int label(int index) {
        return from.label(index);
    }

    @Override
    public void pixels(int index, byte[] into, int offset) {
        ImageSize size = from.imageSize();
        Picture picture = Picture.blank(size.height(), size.width(), size.channels(), 0);
        from.pixels(index, picture.pixels(), 0);
        byte[] pixels = Fitting.fit(picture, imageSize).pixels();
        System.arraycopy(pixels, 0, into, offset, pixels.length);
    }
}

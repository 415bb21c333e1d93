package org.naturalinversion.data;

import java.util.List;
import org.naturalinversion.model.ImageSize;

/**
 * The images of another set, with labels that are positions in another list of classes.
 *
 * @param labels the new label of each of the other set's classes
 */
record RelabelledImages(ImageSet from, List<String> classes, List<Integer> labels)
        implements ImageSet {
    @Override
    public int size() {
        return from.size();
    }

    @Override
    public ImageSize imageSize() {
        return from.imageSize();
    }

    @Override
    public int label(int index) {
        return labels.get(from.label(index));
    }

    @Override
    public void pixels(int index, byte[] into, int offset) {
        from.pixels(index, into, offset);
    }

    @Override
    public ImageSet fitted(ImageSize size) {
        return new RelabelledImages(from.fitted(size), classes, labels);
    }
}

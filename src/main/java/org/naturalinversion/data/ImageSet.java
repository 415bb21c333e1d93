package org.naturalinversion.data;

import java.util.List;
import org.naturalinversion.model.ImageSize;

/** Labelled images of one size, in a fixed order. Safe for use by several threads. */
public interface ImageSet {
    /** How many images there are. */
    int size();

    /** Extents of every image. */
    ImageSize imageSize();

    /** Names of the classes; a label is a position in this list. */
    List<String> classes();

    /** The class of an image. */
    int label(int index);

    /**
     * Writes an image's pixels, 8 bits each, [H, W, C].
     *
     * @param into at least offset + H W C bytes
     * @throws DataFileException if the file it lies in has become unreadable
     */
    void pixels(int index, byte[] into, int offset);

    /**
     * The same images at another size: scaled until one side fits, the other cut at both ends; grey
     * or RGB, as wanted.
     *
     * @param size of 1 or 3 channels
     */
    default ImageSet fitted(ImageSize size) {
        return size.equals(imageSize()) ? this : new FittedImages(this, size);
    }
}

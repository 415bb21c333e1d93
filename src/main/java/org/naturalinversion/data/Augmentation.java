package org.naturalinversion.data;

/**
 * How training images are varied each time they are seen.
 *
 * @param padding black pixels put around an image before it is cut to its size again, anywhere
 * @param flip whether half of the images are mirrored left to right
 */
public record Augmentation(int padding, boolean flip) {
    /** Images as they are. */
    public static final Augmentation NONE = new Augmentation(0, false);

    /** What is usual for photographs of 32 x 32 pixels (He et al. 2015, section 4.2). */
    public static final Augmentation USUAL = new Augmentation(4, true);
}

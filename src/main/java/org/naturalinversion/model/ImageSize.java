package org.naturalinversion.model;

/** Extents of an image in pixels, and its channels. */
public record ImageSize(int height, int width, int channels) {
    @Override
    public String toString() {
        return channels + " x " + height + " x " + width;
    }
}

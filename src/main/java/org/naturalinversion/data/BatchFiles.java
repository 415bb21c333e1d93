package org.naturalinversion.data;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.naturalinversion.method.Batch;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.AtomicFiles.Content;
import org.naturalinversion.model.io.Safetensors;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * How a batch becomes files.
 *
 * @param formats what is written
 * @param stretched whether the grid shows every image stretched to its own range
 * @param normalization from pixels to the classifier's input space
 * @param classes of the classifier
 * @param texts written into every file, by keyword; Latin-1
 */
public record BatchFiles(
        Set<Format> formats,
        boolean stretched,
        Normalization normalization,
        int classes,
        Map<String, String> texts) {
    /** What can be written of a batch. */
    public enum Format {
        /** Denormalised, clamped, 8 bits: one file for each image, in a folder for each class. */
        PNG,
        /** The exact float32 images, their labels, the teacher's logits: one safetensors file. */
        RAW;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final String IMAGES = "images";
    static final String BATCHES = "batches";

    private static final Pattern IMAGE =
            Pattern.compile(IMAGES + "/(\\d{1,9})/(\\d{1,9})-(\\d{1,9})\\.png");

    /**
     * Which image a file is.
     *
     * @param label its class
     * @param batch which batch of the run, from 0
     * @param number which image of the batch, from 0
     */
    record Image(int label, int batch, int number) {}

    /** The picture to look at first. */
    public static final String GRID = "grid.png";

    /** What the images are, for whoever finds them. */
    public static final String ABOUT =
            "Synthetic images, made from a classifier's weights; not photographs";

    /**
     * The files that hold a batch, by path within the run: its images, and the losses of every
     * iteration.
     *
     * @param logits the teacher's, [N, classes]
     */
    public Map<String, Content> of(Batch batch, HostTensor logits) {
        Map<String, Content> files = new LinkedHashMap<>();
        if (formats.contains(Format.PNG)) {
            for (int i = 0; i < batch.targets().size(); i++) {
                int image = i;
                files.put(path(batch, i), content(() -> png(batch, image)));
            }
        }
        if (formats.contains(Format.RAW)) {
            files.put(raw(batch.index()), channel -> raw(batch, logits).writeTo(channel));
        }
        files.put(losses(batch.index()), content(() -> LossTable.encode(batch)));
        return files;
    }

    /** The file of a batch's losses, a row for each iteration. */
    static String losses(int index) {
        return "%s/%04d.csv".formatted(BATCHES, index);
    }

    /** The file of a batch's exact images. */
    static String raw(int index) {
        return "%s/%04d.safetensors".formatted(BATCHES, index);
    }

    /** The image that a path within the run names; empty if it is not the path of an image. */
    static Optional<Image> image(String name) {
        Matcher parts = IMAGE.matcher(name);
        return parts.matches()
                ? Optional.of(
                        new Image(
                                Integer.parseInt(parts.group(1)),
                                Integer.parseInt(parts.group(2)),
                                Integer.parseInt(parts.group(3))))
                : Optional.empty();
    }

    /** What shows the first batch at a glance. */
    public BatchGrid grid() {
        return new BatchGrid(stretched, normalization, texts);
    }

    /** Whether images have as many channels as pictures have. */
    public static boolean isPicture(int channels) {
        return channels == 1 || channels == 3;
    }

    /** Folders sort like the classes that they are named after. */
    private String path(Batch batch, int image) {
        int digits = Integer.toString(classes - 1).length();
        String label = "%0" + digits + "d";
        return ("%s/" + label + "/%04d-%03d.png")
                .formatted(IMAGES, batch.targets().get(image), batch.index(), image);
    }

    private byte[] png(Batch batch, int image) {
        int label = batch.targets().get(image);
        Map<String, String> all = new LinkedHashMap<>();
        all.put(
                "Description",
                "Synthetic image of class %d, made from a classifier's weights; not a photograph"
                        .formatted(label));
        all.putAll(texts);
        all.put("Class", Integer.toString(label));
        all.put("Batch", Integer.toString(batch.index()));
        all.put("Image", Integer.toString(image));
        return Png.encode(Picture.of(batch.images(), image, normalization), all);
    }

    private Content raw(Batch batch, HostTensor logits) {
        long[] labels = batch.targets().stream().mapToLong(t -> t).toArray();
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        tensors.put("images", channelsFirst(batch.images()));
        tensors.put("labels", HostTensor.of(Shape.of(labels.length), labels));
        tensors.put("logits", logits);
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(
                "description",
                "Synthetic images in the classifier's normalised input space, NCHW, and its logits");
        texts.forEach((keyword, text) -> metadata.put(keyword.toLowerCase(Locale.ROOT), text));
        metadata.put("batch", Integer.toString(batch.index()));
        metadata.put("mean", normalization.mean().toString());
        metadata.put("std", normalization.deviation().toString());
        return Safetensors.content(metadata, tensors);
    }

    /** [N, H, W, C] as [N, C, H, W]. */
    private static HostTensor channelsFirst(HostTensor images) {
        Shape shape = images.shape();
        int channels = shape.channels();
        int pixels = shape.dim(1) * shape.dim(2);
        float[] from = images.toFloats();
        float[] to = new float[from.length];
        for (int i = 0; i < from.length; i++) {
            int channel = i % channels;
            int pixel = i / channels % pixels;
            int image = i / channels / pixels;
            to[(image * channels + channel) * pixels + pixel] = from[i];
        }
        return HostTensor.of(Shape.of(shape.get(0), channels, shape.get(1), shape.get(2)), to);
    }

    /** Content that is made when it is written. */
    private static Content content(Supplier<byte[]> bytes) {
        return channel -> Content.of(bytes.get()).writeTo(channel);
    }
}

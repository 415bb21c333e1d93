package org.naturalinversion.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.naturalinversion.data.Manifest.BatchRecord;
import org.naturalinversion.method.Batch;
import org.naturalinversion.model.Normalization;
import org.naturalinversion.model.io.Safetensors;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * A batch at a glance, {@code grid.png}. It is drawn from a batch that has just been made, or again
 * from the files that hold one.
 *
 * @param stretched whether every image is shown stretched to its own range
 * @param normalization from pixels to the classifier's input space
 * @param texts written into the picture, by keyword; Latin-1
 */
public record BatchGrid(boolean stretched, Normalization normalization, Map<String, String> texts) {
    /** Images are [N, C, H, W]. */
    private static final int IMAGES_RANK = 4;

    /** Whether files of such a format hold what the picture shows. */
    boolean isExactFrom(BatchRecord batch) {
        return !stretched || hasRaw(batch);
    }

    /** Draws a batch; empty if its images are no pictures. */
    public Optional<byte[]> of(Batch batch) {
        return BatchFiles.isPicture(batch.images().shape().channels())
                ? Optional.of(encode(pictures(batch.images()), batch.targets()))
                : Optional.empty();
    }

    /**
     * Draws a batch again; empty if its images are no pictures.
     *
     * @param folder of the run
     * @throws RuntimeException if its files are not what they are said to be
     */
    Optional<byte[]> of(Path folder, BatchRecord batch) {
        if (hasRaw(batch)) {
            Path file = folder.resolve(BatchFiles.raw(batch.index()));
            Map<String, HostTensor> raw = Safetensors.read(file).tensors();
            HostTensor images = tensor(file, raw, "images", IMAGES_RANK);
            List<Integer> labels = new ArrayList<>();
            for (float label : tensor(file, raw, "labels", 1).toFloats()) {
                labels.add((int) label);
            }
            if (labels.size() != images.shape().get(0)) {
                throw new DataFileException(
                        file,
                        "has %d labels of %d images"
                                .formatted(labels.size(), images.shape().get(0)));
            }
            images = channelsLast(images);
            return BatchFiles.isPicture(images.shape().channels())
                    ? Optional.of(encode(pictures(images), labels))
                    : Optional.empty();
        }
        List<Picture> pictures = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (String name : batch.files().keySet()) {
            Optional<BatchFiles.Image> image = BatchFiles.image(name);
            if (image.isPresent()) {
                Picture picture = PictureFile.read(folder.resolve(name));
                pictures.add(stretched ? stretched(picture) : picture);
                labels.add(image.get().label());
            }
        }
        return Optional.of(encode(pictures, labels));
    }

    private static HostTensor tensor(
            Path file, Map<String, HostTensor> tensors, String name, int rank) {
        HostTensor tensor = tensors.get(name);
        if (tensor == null || tensor.shape().rank() != rank) {
            throw new DataFileException(file, "has no tensor %s of rank %d".formatted(name, rank));
        }
        return tensor;
    }

    private static boolean hasRaw(BatchRecord batch) {
        return batch.files().containsKey(BatchFiles.raw(batch.index()));
    }

    private byte[] encode(List<Picture> pictures, List<Integer> labels) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("Description", BatchFiles.ABOUT);
        all.putAll(texts);
        return Png.encode(Grid.draw(pictures, labels), all);
    }

    private List<Picture> pictures(HostTensor images) {
        List<Picture> pictures = new ArrayList<>();
        for (int i = 0; i < images.shape().get(0); i++) {
            pictures.add(
                    stretched
                            ? Picture.stretched(images, i)
                            : Picture.of(images, i, normalization));
        }
        return pictures;
    }

    private static Picture stretched(Picture picture) {
        float[] values = new float[picture.pixels().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = picture.pixels()[i] & 0xff;
        }
        Shape shape = Shape.of(1, picture.height(), picture.width(), picture.channels());
        return Picture.stretched(HostTensor.of(shape, values), 0);
    }

    /** [N, C, H, W] as [N, H, W, C]. */
    private static HostTensor channelsLast(HostTensor images) {
        Shape shape = images.shape();
        int channels = shape.dim(1);
        int pixels = shape.dim(2) * shape.dim(3);
        float[] from = images.toFloats();
        float[] to = new float[from.length];
        for (int i = 0; i < from.length; i++) {
            int pixel = i % pixels;
            int channel = i / pixels % channels;
            int image = i / pixels / channels;
            to[(image * pixels + pixel) * channels + channel] = from[i];
        }
        return HostTensor.of(Shape.of(shape.get(0), shape.dim(2), shape.dim(3), channels), to);
    }
}

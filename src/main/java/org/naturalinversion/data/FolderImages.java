package org.naturalinversion.data;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.regex.Pattern;
import org.naturalinversion.model.ImageSize;

/**
 * Pictures in files of their own: a folder for each class, or what a run made. Read when they are
 * asked for, and kept if that takes no more than a quarter of the heap.
 */
final class FolderImages implements ImageSet {
    private record Labelled(Path file, int label) {}

    private final List<Labelled> images;
    private final List<String> classes;
    private final ImageSize imageSize;

    /** Whether pictures of other sizes are brought to this one. */
    private final boolean fits;

    /** Pixels by image; empty if there are too many to keep. */
    private final AtomicReferenceArray<byte[]> kept;

    private FolderImages(
            List<Labelled> images, List<String> classes, ImageSize imageSize, boolean fits) {
        this.images = images;
        this.classes = classes;
        this.imageSize = imageSize;
        this.fits = fits;
        boolean small = images.size() <= Runtime.getRuntime().maxMemory() / 4 / imageBytes();
        kept = new AtomicReferenceArray<>(small ? images.size() : 0);
    }

    private static FolderImages of(List<Labelled> images, List<String> classes) {
        Picture first = PictureFile.read(images.get(0).file());
        ImageSize size = new ImageSize(first.height(), first.width(), first.channels());
        return new FolderImages(images, classes, size, false);
    }

    /** The folders of each part, where a folder has some named train, and test or val. */
    static Map<Part, List<Path>> parts(Path folder) {
        Map<Part, List<Path>> parts = new EnumMap<>(Part.class);
        put(parts, Part.TRAIN, folder.resolve("train"));
        put(parts, Part.TEST, folder.resolve("test"));
        put(parts, Part.TEST, folder.resolve("val"));
        return parts;
    }

    private static void put(Map<Part, List<Path>> parts, Part part, Path folder) {
        if (Files.isDirectory(folder)
                && DataFile.list(folder).stream().anyMatch(Files::isDirectory)) {
            parts.putIfAbsent(part, List.of(folder));
        }
    }

    /**
     * Opens a folder with a folder for each class. Classes are numbered in the order of their
     * names, numbers in names by their value. One image of each class comes after another, so that
     * the first of them are of all classes.
     *
     * @throws DataFileException if there are no pictures
     */
    static FolderImages read(Path folder) {
        List<Path> folders =
                DataFile.list(folder).stream()
                        .filter(f -> Files.isDirectory(f) && !name(f).startsWith("."))
                        .sorted(Comparator.comparing(FolderImages::name, FolderImages::compare))
                        .toList();
        List<List<Path>> classes = new ArrayList<>();
        for (Path each : folders) {
            classes.add(
                    DataFile.list(each).stream()
                            .filter(PictureFile::isNamedSo)
                            .sorted(Comparator.comparing(FolderImages::name, FolderImages::compare))
                            .toList());
        }
        List<Labelled> images = new ArrayList<>();
        int most = classes.stream().mapToInt(List::size).max().orElse(0);
        for (int i = 0; i < most; i++) {
            for (int label = 0; label < classes.size(); label++) {
                if (i < classes.get(label).size()) {
                    images.add(new Labelled(classes.get(label).get(i), label));
                }
            }
        }
        if (images.isEmpty()) {
            throw new DataFileException(
                    folder,
                    "contains no images: expected a folder of PNG or JPEG for each class, the"
                            + " files of CIFAR (data_batch_1.bin) or MNIST"
                            + " (train-images-idx3-ubyte), or a run");
        }
        return of(images, folders.stream().map(FolderImages::name).toList());
    }

    /**
     * Opens what a run made, in the order in which it was made.
     *
     * @throws DataFileException if there are no pictures
     */
    static FolderImages ofRun(Path folder) {
        Manifest manifest = Manifest.read(folder.resolve(RunDirectory.MANIFEST));
        int classes = manifest.teacher().classes();
        List<Labelled> images = new ArrayList<>();
        for (Manifest.BatchRecord batch : manifest.batches()) {
            for (String name : batch.files().keySet()) {
                BatchFiles.image(name)
                        .ifPresent(
                                image ->
                                        images.add(
                                                new Labelled(folder.resolve(name), image.label())));
            }
        }
        if (images.isEmpty()) {
            throw new DataFileException(
                    folder, "is a run without PNG files; make it with ni synthesize --format png");
        }
        return of(images, ImageSets.numbers(classes));
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    /** By name, with numbers in it by their value: 2 before 10. */
    private static int compare(String a, String b) {
        Pattern parts = Pattern.compile("\\d+|\\D+");
        List<String> as = parts.matcher(a).results().map(r -> r.group()).toList();
        List<String> bs = parts.matcher(b).results().map(r -> r.group()).toList();
        for (int i = 0; i < Math.min(as.size(), bs.size()); i++) {
            int order = comparePart(as.get(i), bs.get(i));
            if (order != 0) {
                return order;
            }
        }
        return as.size() == bs.size() ? a.compareTo(b) : as.size() - bs.size();
    }

    private static int comparePart(String a, String b) {
        if (!Character.isDigit(a.charAt(0)) || !Character.isDigit(b.charAt(0))) {
            return a.compareTo(b);
        }
        return new BigInteger(a).compareTo(new BigInteger(b));
    }

    @Override
    public int size() {
        return images.size();
    }

    @Override
    public ImageSize imageSize() {
        return imageSize;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public int label(int index) {
        return images.get(index).label();
    }

    @Override
    public ImageSet fitted(ImageSize size) {
        return new FolderImages(images, classes, size, true);
    }

    @Override
    public void pixels(int index, byte[] into, int offset) {
        byte[] pixels = index < kept.length() ? kept.get(index) : null;
        if (pixels == null) {
            pixels = decode(images.get(index).file());
            if (index < kept.length()) {
                kept.set(index, pixels);
            }
        }
        System.arraycopy(pixels, 0, into, offset, pixels.length);
    }

    private byte[] decode(Path file) {
        Picture picture = PictureFile.read(file);
        ImageSize size = new ImageSize(picture.height(), picture.width(), imageSize.channels());
        if (!fits && !size.equals(imageSize)) {
            throw new DataFileException(
                    file,
                    "has %d x %d pixels, the first image %d x %d"
                            .formatted(
                                    size.height(),
                                    size.width(),
                                    imageSize.height(),
                                    imageSize.width()));
        }
        return Fitting.fit(picture, imageSize).pixels();
    }

    private long imageBytes() {
        return (long) imageSize.height() * imageSize.width() * imageSize.channels();
    }
}

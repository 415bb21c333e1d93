package org.naturalinversion.data;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.naturalinversion.model.ImageSize;

/**
 * A file of grey images and the file of their labels beside it, as of MNIST and Fashion-MNIST: the
 * IDX format, packed by gzip or not. They find each other by their names, {@code
 * train-images-idx3-ubyte} and {@code train-labels-idx1-ubyte}.
 *
 * @see <a href="http://yann.lecun.com/exdb/mnist/">The format</a>
 */
final class IdxFile implements ImageSet {
    private static final Pattern IMAGES =
            Pattern.compile("(.*)images([-.])idx3-ubyte(\\.gz)?", Pattern.DOTALL);

    /** Zeros, and that elements are bytes. */
    private static final byte[] FAMILY = {0, 0, 8};

    private static final int MAGIC_IMAGES = 0x0803;
    private static final int MAGIC_LABELS = 0x0801;

    /** Images larger than this are not in such files. */
    private static final int LARGEST_SIDE = 1 << 14;

    private final ImageSize imageSize;
    private final byte[] pixels;
    private final byte[] labels;
    private final List<String> classes;

    private IdxFile(ImageSize imageSize, byte[] pixels, byte[] labels) {
        this.imageSize = imageSize;
        this.pixels = pixels;
        this.labels = labels;
        int last = 0;
        for (byte label : labels) {
            last = Math.max(last, label & 0xff);
        }
        classes = ImageSets.numbers(last + 1);
    }

    /** Whether a file has the name of a file of images, or begins like any file of this format. */
    static boolean isOne(Path path) {
        if (isNamedSo(path)) {
            return true;
        }
        try (DataFile file = DataFile.open(path)) {
            return file.size() >= FAMILY.length
                    && Arrays.equals(file.read(FAMILY.length, "the header"), FAMILY);
        }
    }

    private static boolean isNamedSo(Path path) {
        return IMAGES.matcher(path.getFileName().toString()).matches();
    }

    /**
     * The images of each part, where a folder has files of the usual names.
     *
     * @throws DataFileException if it has several sets
     */
    static Map<Part, List<Path>> parts(Path folder) {
        Map<Part, TreeSet<String>> prefixes = new EnumMap<>(Part.class);
        Map<Part, List<Path>> parts = new EnumMap<>(Part.class);
        List<Path> images = DataFile.list(folder).stream().filter(IdxFile::isNamedSo).toList();
        for (Path file : images.stream().sorted().toList()) {
            Matcher name = IMAGES.matcher(file.getFileName().toString());
            String prefix = name.matches() ? name.group(1) : "";
            Part part = prefix.matches(".*(t10k|test)-") ? Part.TEST : Part.TRAIN;
            prefixes.computeIfAbsent(part, p -> new TreeSet<>()).add(prefix);
            if (prefixes.get(part).size() > 1) {
                throw new DataFileException(
                        folder,
                        "contains several sets of images, %s*; name a file of images instead"
                                .formatted(String.join("*, ", prefixes.get(part))));
            }
            // The packed file sorts behind the one that need not be unpacked.
            parts.putIfAbsent(part, List.of(file));
        }
        return parts;
    }

    /**
     * Reads images and their labels.
     *
     * @param path the images' file
     * @throws DataFileException if one of the files is not what it says, or the labels are missing
     */
    static IdxFile read(Path path) {
        Path labelsPath = labels(path);
        try (DataFile file = DataFile.open(path);
                DataFile labelsFile = DataFile.open(labelsPath)) {
            int[] extents = header(file, MAGIC_IMAGES, "images");
            int count = header(labelsFile, MAGIC_LABELS, "labels")[0];
            if (extents[0] != count) {
                throw file.refuse(
                        "has %d images, %s has %d labels"
                                .formatted(extents[0], labelsPath.getFileName(), count));
            }
            int height = extents[1];
            int width = extents[2];
            if (count < 1 || height < 1 || width < 1 || Math.max(height, width) > LARGEST_SIDE) {
                throw file.refuse(
                        "claims to have %d images of %d x %d pixels"
                                .formatted(count, height, width));
            }
            byte[] labels = body(labelsFile, count, "its %d labels".formatted(count));
            byte[] pixels =
                    body(
                            file,
                            (long) height * width * count,
                            "its %d images of %d x %d pixels".formatted(count, height, width));
            return new IdxFile(new ImageSize(height, width, 1), pixels, labels);
        }
    }

    /** The file of labels that goes with a file of images. */
    private static Path labels(Path path) {
        Matcher name = IMAGES.matcher(path.getFileName().toString());
        if (!name.matches()) {
            throw new DataFileException(
                    path,
                    "is an IDX file whose labels cannot be found: expected names such as"
                            + " train-images-idx3-ubyte and train-labels-idx1-ubyte");
        }
        String plain = name.group(1) + "labels" + name.group(2) + "idx1-ubyte";
        return Stream.of(plain, plain + ".gz")
                .map(path::resolveSibling)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(
                        () ->
                                new DataFileException(
                                        path,
                                        "the labels are missing: there is no %s beside it"
                                                .formatted(plain)));
    }

    /** Extents of what is in a file: big-endian, unlike what we write. */
    private static int[] header(DataFile file, int magic, String what) {
        int found = ByteBuffer.wrap(file.read(4, "the header")).getInt();
        if (found != magic) {
            throw file.refuse(
                    "is not an IDX file of %s: it begins with %08x, not %08x"
                            .formatted(what, found, magic));
        }
        int rank = magic & 0xff;
        ByteBuffer header = ByteBuffer.wrap(file.read(4L * rank, "the header"));
        int[] extents = new int[rank];
        header.asIntBuffer().get(extents);
        return extents;
    }

    private static byte[] body(DataFile file, long count, String what) {
        byte[] bytes = file.read(count, what);
        file.requireEnd(what);
        return bytes;
    }

    @Override
    public int size() {
        return labels.length;
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
        return labels[index] & 0xff;
    }

    @Override
    public void pixels(int index, byte[] into, int offset) {
        int image = imageSize.height() * imageSize.width();
        System.arraycopy(pixels, index * image, into, offset, image);
    }
}

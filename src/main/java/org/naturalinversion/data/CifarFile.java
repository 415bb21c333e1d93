package org.naturalinversion.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.naturalinversion.model.ImageSize;

/**
 * A file of CIFAR-10 or CIFAR-100, binary version: records of one label byte (two for CIFAR-100,
 * the second is the class) and 32 x 32 pixels, red first, then green, then blue.
 *
 * @see <a href="https://www.cs.toronto.edu/~kriz/cifar.html">The format</a>
 */
final class CifarFile implements ImageSet {
    private static final int SIDE = 32;
    private static final int PLANE = SIDE * SIDE;
    private static final ImageSize SIZE = new ImageSize(SIDE, SIDE, 3);
    private static final long LONGEST_NAMES = 1 << 16;

    /** What tells the two apart: bytes of labels, classes, and the file with their names. */
    private enum Kind {
        CIFAR_10(1, 10, "batches.meta.txt"),
        CIFAR_100(2, 100, "fine_label_names.txt");

        private final int labels;
        private final int classes;
        private final String names;

        Kind(int labels, int classes, String names) {
            this.labels = labels;
            this.classes = classes;
            this.names = names;
        }

        private int record() {
            return labels + SIZE.channels() * PLANE;
        }
    }

    private final Kind kind;
    private final byte[] records;
    private final List<String> classes;

    private CifarFile(Kind kind, byte[] records, List<String> classes) {
        this.kind = kind;
        this.records = records;
        this.classes = classes;
    }

    /** The files of each part, where a folder has files of the usual names. */
    static Map<Part, List<Path>> parts(Path folder) {
        Map<Part, List<Path>> parts = new EnumMap<>(Part.class);
        put(parts, Part.TRAIN, folder, "data_batch_[1-5]\\.bin");
        put(parts, Part.TEST, folder, "test_batch\\.bin");
        if (parts.isEmpty()) {
            put(parts, Part.TRAIN, folder, "train\\.bin");
            put(parts, Part.TEST, folder, "test\\.bin");
        }
        return parts;
    }

    private static void put(Map<Part, List<Path>> parts, Part part, Path folder, String names) {
        List<Path> files =
                DataFile.list(folder).stream()
                        .filter(file -> file.getFileName().toString().matches(names))
                        .sorted()
                        .toList();
        if (!files.isEmpty()) {
            parts.put(part, files);
        }
    }

    /**
     * Reads a file.
     *
     * @throws DataFileException if its size or its labels are not those of CIFAR
     */
    static CifarFile read(Path path) {
        try (DataFile file = DataFile.open(path)) {
            if (file.isPacked()) {
                throw file.refuse("is gzipped; only IDX files can be read gzipped");
            }
            long size = file.size();
            List<Kind> kinds = new ArrayList<>(List.of(Kind.values()));
            kinds.removeIf(kind -> size == 0 || size % kind.record() != 0);
            if (kinds.isEmpty()) {
                throw file.refuse(
                        "is not a CIFAR or MNIST file: %d bytes are not a whole number of CIFAR-10"
                                        .formatted(size)
                                + " records of %d bytes, or of CIFAR-100 records of %d"
                                        .formatted(
                                                Kind.CIFAR_10.record(), Kind.CIFAR_100.record()));
            }
            byte[] records = file.read(size, "the records");
            for (Kind kind : kinds) {
                CifarFile set = new CifarFile(kind, records, names(path, kind));
                if (set.wrong().isEmpty()) {
                    return set;
                }
            }
            CifarFile set = new CifarFile(kinds.get(0), records, List.of());
            int wrong = set.wrong().getAsInt();
            throw file.refuse(
                    "is not a CIFAR file: image %d has label %d, the highest possible is %d"
                            .formatted(wrong, set.label(wrong), set.kind.classes - 1));
        }
    }

    /** The first image whose label is of no class. */
    private OptionalInt wrong() {
        return IntStream.range(0, size()).filter(i -> label(i) >= kind.classes).findFirst();
    }

    /** The names beside a file, or else numbers. */
    private static List<String> names(Path path, Kind kind) {
        Path file = path.resolveSibling(kind.names);
        try {
            if (Files.isRegularFile(file) && Files.size(file) <= LONGEST_NAMES) {
                List<String> names =
                        Files.readString(file, StandardCharsets.UTF_8)
                                .lines()
                                .map(String::strip)
                                .filter(name -> !name.isEmpty())
                                .toList();
                if (names.size() == kind.classes) {
                    return names;
                }
            }
        } catch (IOException e) {
            throw DataFile.unreadable(file, e);
        }
        return ImageSets.numbers(kind.classes);
    }

    @Override
    public int size() {
        return records.length / kind.record();
    }

    @Override
    public ImageSize imageSize() {
        return SIZE;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public int label(int index) {
        return records[index * kind.record() + kind.labels - 1] & 0xff;
    }

    @Override
    public void pixels(int index, byte[] into, int offset) {
        int from = index * kind.record() + kind.labels;
        int to = offset;
        for (int i = 0; i < PLANE; i++) {
            into[to++] = records[from + i];
            into[to++] = records[from + PLANE + i];
            into[to++] = records[from + 2 * PLANE + i];
        }
    }
}

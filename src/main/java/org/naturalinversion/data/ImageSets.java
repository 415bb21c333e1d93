package org.naturalinversion.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Opens labelled images of any kind that the program knows:
 *
 * <ul>
 *   <li>CIFAR-10 and CIFAR-100, binary version: a folder or one of its files
 *   <li>IDX as of MNIST and Fashion-MNIST, packed by gzip or not: a folder or a file of images
 * </ul>
 */
public final class ImageSets {
    private ImageSets() {}

    /**
     * Opens a file or a folder.
     *
     * @param part which part of a folder that has two; where there is one, it is that
     * @throws DataFileException if there are no such images, or they cannot be read
     */
    public static ImageSet open(Path path, Part part) {
        if (Files.isRegularFile(path)) {
            return file(path);
        }
        Map<Part, List<Path>> parts = division(path);
        if (parts.isEmpty()) {
            throw new DataFileException(
                    path, "holds no images: expected CIFAR (data_batch_1.bin) or IDX files");
        }
        List<Path> files =
                parts.containsKey(part) ? parts.get(part) : parts.values().iterator().next();
        return JoinedImages.of(files, files.stream().map(ImageSets::file).toList());
    }

    /**
     * The parts that a folder names apart; none of a file, or where it has images of one kind.
     *
     * @throws DataFileException if there is nothing
     */
    public static Set<Part> parts(Path path) {
        return Files.isRegularFile(path) ? Set.of() : division(path).keySet();
    }

    /** Names of classes that have none: 0, 1, 2, ... */
    static List<String> numbers(int classes) {
        return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }

    private static Map<Part, List<Path>> division(Path folder) {
        return Stream.<Function<Path, Map<Part, List<Path>>>>of(CifarFile::parts, IdxFile::parts)
                .map(format -> format.apply(folder))
                .filter(parts -> !parts.isEmpty())
                .findFirst()
                .orElse(Map.of());
    }

    private static ImageSet file(Path path) {
        return IdxFile.isNamedSo(path) ? IdxFile.read(path) : CifarFile.read(path);
    }
}

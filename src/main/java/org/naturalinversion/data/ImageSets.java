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
 *   <li>a folder with a folder of PNG or JPEG for each class, or two such folders, train and test
 *   <li>the directory of a run
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
        Map<Part, List<Path>> parts = division(path);
        if (parts.isEmpty()) {
            return one(path);
        }
        List<Path> chosen =
                parts.containsKey(part) ? parts.get(part) : parts.values().iterator().next();
        return JoinedImages.of(chosen, chosen.stream().map(ImageSets::one).toList());
    }

    /**
     * The parts that a folder names apart; none of a file, of a run, or of a folder that has none.
     *
     * @throws DataFileException if there is no such file or folder
     */
    public static Set<Part> parts(Path path) {
        return division(path).keySet();
    }

    /** Names of classes that have none: 0, 1, 2, ... */
    static List<String> numbers(int classes) {
        return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }

    private static Map<Part, List<Path>> division(Path path) {
        if (Files.isRegularFile(path) || isRun(path)) {
            return Map.of();
        }
        return Stream.<Function<Path, Map<Part, List<Path>>>>of(
                        CifarFile::parts, IdxFile::parts, FolderImages::parts)
                .map(format -> format.apply(path))
                .filter(parts -> !parts.isEmpty())
                .findFirst()
                .orElse(Map.of());
    }

    private static ImageSet one(Path path) {
        if (isRun(path)) {
            return FolderImages.ofRun(path);
        } else if (Files.isDirectory(path)) {
            return FolderImages.read(path);
        }
        return IdxFile.isOne(path) ? IdxFile.read(path) : CifarFile.read(path);
    }

    private static boolean isRun(Path path) {
        return Files.isRegularFile(path.resolve(RunDirectory.MANIFEST));
    }
}

package org.naturalinversion.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
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
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

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

    /**
     * The same images with labels that are positions in another list of classes. Classes are
     * matched by name; by position if the names of either list are 0, 1, 2, ... alone.
     *
     * @param path where the images are from
     * @param classes at least as many as the set has
     * @throws DataFileException if the other list has no class of such a name
     */
    public static ImageSet matched(Path path, ImageSet set, List<String> classes) {
        List<String> names = set.classes();
        if (names.equals(classes)) {
            return set;
        }
        boolean positions =
                names.equals(numbers(names.size())) || classes.equals(numbers(classes.size()));
        List<Integer> labels =
                IntStream.range(0, names.size())
                        .mapToObj(i -> positions ? i : classes.indexOf(names.get(i)))
                        .toList();
        if (labels.contains(-1)) {
            throw new DataFileException(
                    path,
                    "has a class '%s', which is not one of %s"
                            .formatted(names.get(labels.indexOf(-1)), listed(classes)));
        }
        return new RelabelledImages(set, classes, labels);
    }

    /**
     * The same images with the labels that the names of their classes are, if all of these are
     * different numbers below a number of classes; else the set itself.
     */
    public static ImageSet numbered(ImageSet set, int classes) {
        List<Integer> labels = set.classes().stream().map(name -> number(name, classes)).toList();
        return labels.contains(-1) || labels.stream().distinct().count() < labels.size()
                ? set
                : new RelabelledImages(set, numbers(classes), labels);
    }

    private static int number(String name, int below) {
        if (!NUMBER.matcher(name).matches()) {
            return -1;
        }
        int number = Integer.parseInt(name);
        return number < below ? number : -1;
    }

    private static String listed(List<String> names) {
        int shown = Math.min(names.size(), 10);
        String first = String.join(", ", names.subList(0, shown));
        return names.size() > shown ? first + ", ..." : first;
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

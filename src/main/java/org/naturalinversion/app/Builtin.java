package org.naturalinversion.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.Function;

/**
 * The classifier that comes with the program; docs/builtin.md says how it was trained. Wherever the
 * file of a classifier is asked for, {@code builtin:resnet20-cifar10} names it.
 */
public final class Builtin {
    /** What stands for the file of the embedded classifier. */
    public static final String CLASSIFIER = "builtin:resnet20-cifar10";

    private static final String PREFIX = "builtin:";

    private Builtin() {}

    /** Whether this is no file, but the name of an embedded classifier. */
    static boolean isNamed(Path file) {
        return file.toString().startsWith(PREFIX);
    }

    /** The name without the prefix. */
    static String name(Path file) {
        return file.toString().substring(PREFIX.length());
    }

    /**
     * Lets someone read an embedded classifier as a file, which is gone afterwards.
     *
     * @throws UsageException if there is none of that name
     */
    static <T> T read(Path named, Function<Path, T> reader) {
        if (!named.toString().equals(CLASSIFIER)) {
            throw new UsageException("there is no %s; there is %s".formatted(named, CLASSIFIER));
        }
        try (InputStream resource =
                Builtin.class.getResourceAsStream(name(named) + ".safetensors")) {
            Path file = Files.createTempFile(name(named), ".safetensors");
            try {
                Files.copy(resource, file, StandardCopyOption.REPLACE_EXISTING);
                return reader.apply(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("%s: %s".formatted(named, e.getMessage()), e);
        }
    }
}

package org.naturalinversion.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;

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
     * The bytes of an embedded classifier's file.
     *
     * @throws UsageException if there is none of that name
     */
    static byte[] bytes(Path named) {
        if (!named.toString().equals(CLASSIFIER)) {
            throw new UsageException(
                    "there is no %s; the only one is %s".formatted(named, CLASSIFIER));
        }
        try (InputStream resource =
                Builtin.class.getResourceAsStream(name(named) + ".safetensors")) {
            return resource.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("%s: %s".formatted(named, e.getMessage()), e);
        }
    }
}

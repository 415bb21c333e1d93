package org.naturalinversion.backend.jni;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * The program's own native libraries: loaded where they lie, beside the classes that bind them, and
 * never unpacked first. A folder that others can write to could give us other code than ours, so
 * there is none.
 */
public final class NativeLibraries {
    /** What the system's loader says of a file that it may not execute. */
    private static final String NOT_EXECUTABLE = "failed to map segment from shared object";

    static {
        System.setProperty("org.bytedeco.javacpp.cacheLibraries", "false");
    }

    private NativeLibraries() {}

    /**
     * Loads the libraries that classes bind, in their order.
     *
     * @throws UnsatisfiedLinkError if one cannot be loaded; the message names the file, and says
     *     what is wrong with it
     */
    public static void load(List<Class<?>> bindings) {
        for (Class<?> binding : bindings) {
            try {
                Loader.load(binding);
            } catch (UnsatisfiedLinkError e) {
                UnsatisfiedLinkError told = new UnsatisfiedLinkError(reason(binding, e));
                told.initCause(e);
                throw told;
            }
        }
    }

    private static String reason(Class<?> binding, UnsatisfiedLinkError failure) {
        String name = "libjni" + binding.getSimpleName() + ".so";
        URL place = place(binding, name);
        if (place == null) {
            return name + " was not found beside the program's classes; rebuild the program";
        } else if (!place.getProtocol().equals("file")) {
            return name
                    + " is in a jar, but libraries are only loaded from a folder; start the"
                    + " program with ni";
        }
        Throwable first = failure;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        // Java puts the file's name before a message that begins with it.
        String words = String.valueOf(first.getMessage()).replaceFirst("^(.+: )\\1", "$1");
        return words.contains(NOT_EXECUTABLE)
                ? "%s is mounted noexec (%s)"
                        .formatted(Path.of(URI.create(place.toString())).getParent(), words)
                : words;
    }

    private static URL place(Class<?> binding, String name) {
        try {
            return Loader.findResource(binding, Loader.getPlatform() + "/" + name);
        } catch (IOException e) {
            return null;
        }
    }
}

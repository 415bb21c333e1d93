package org.naturalinversion.backend.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which of cuDNN's engines was the fastest for a problem: found by trying, and kept from run to run
 * in one file of the cache for each device and version of the library. Where the file cannot be
 * read or written, they are tried again. Within the program there is one of each, so that several
 * backends on a device choose alike, and their results are the same.
 */
final class Choices {
    private static final long A_WHILE = 1_000_000_000;

    private static final Map<String, Choices> ALL = new ConcurrentHashMap<>();

    private final Path file;
    private final Properties choices = new Properties();
    private boolean changed;
    private long saved = System.nanoTime();

    Choices(String device, String version) {
        file = file(device, version);
        load(choices);
    }

    /** Those of a device, with a version of the library: the same for all who ask. */
    static Choices of(String device, String version) {
        return ALL.computeIfAbsent(version + " " + device, key -> new Choices(device, version));
    }

    private static Path file(String device, String version) {
        String name = "cudnn " + version + " " + device;
        return folder().map(f -> f.resolve(name.replaceAll("[^A-Za-z0-9.]+", "-") + ".properties"))
                .orElse(null);
    }

    /** The user's own cache; there is none where the user has no home. */
    private static Optional<Path> folder() {
        String told = System.getProperty("ni.cache");
        if (told != null) {
            return Optional.of(Path.of(told));
        }
        String cache = System.getenv("XDG_CACHE_HOME");
        Path folder =
                cache != null && !cache.isEmpty()
                        ? Path.of(cache)
                        : Path.of(System.getProperty("user.home", ""), ".cache");
        // The current folder is anybody's.
        return Optional.of(folder.resolve("naturalinversion")).filter(Path::isAbsolute);
    }

    synchronized OptionalInt find(String problem) {
        String choice = choices.getProperty(problem);
        return choice != null && choice.matches("\\d{1,3}")
                ? OptionalInt.of(Integer.parseInt(choice))
                : OptionalInt.empty();
    }

    synchronized void put(String problem, int choice) {
        choices.setProperty(problem, Integer.toString(choice));
        changed = true;
    }

    /** Writes what is new, if the last time was a while ago. */
    synchronized void saveNowAndThen() {
        if (System.nanoTime() - saved > A_WHILE) {
            save();
        }
    }

    /** Writes what is new beside what others may have written since. */
    synchronized void save() {
        saved = System.nanoTime();
        if (!changed || file == null) {
            return;
        }
        changed = false;
        Properties all = new Properties();
        load(all);
        all.putAll(choices);
        try {
            Files.createDirectories(file.getParent());
            Path aside = Files.createTempFile(file.getParent(), "cudnn", null);
            try {
                try (OutputStream out = Files.newOutputStream(aside)) {
                    all.store(out, null);
                }
                Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(aside);
            }
        } catch (IOException e) {
            // The next run tries the engines again.
            return;
        }
    }

    private void load(Properties into) {
        if (file == null || !Files.exists(file)) {
            return;
        }
        try (InputStream in = Files.newInputStream(file)) {
            into.load(in);
        } catch (IOException | IllegalArgumentException e) {
            // What cannot be read is made anew.
            into.clear();
        }
    }
}

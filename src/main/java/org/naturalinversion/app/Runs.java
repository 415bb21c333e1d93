package org.naturalinversion.app;

import java.nio.file.Files;
import java.nio.file.Path;
import org.naturalinversion.backend.Description;
import org.naturalinversion.data.Manifest;

/** Where results go that nobody says a place for, and what is said of how they came about. */
final class Runs {
    private static final Path FOLDER = Path.of("runs");

    private Runs() {}

    /** The first of {@code runs/<name>-1}, {@code -2} and so on that is not there yet. */
    static Path newFolder(String name) {
        int number = 1;
        while (Files.exists(FOLDER.resolve(name + "-" + number))) {
            number++;
        }
        return FOLDER.resolve(name + "-" + number);
    }

    /** This program. */
    static Manifest.Software software() {
        return new Manifest.Software(Version.NAME, Version.number());
    }

    /** What it runs on. */
    static Manifest.Backend backend(Description description) {
        return new Manifest.Backend(
                description.backend(),
                description.device(),
                description.threads(),
                description.versions());
    }
}

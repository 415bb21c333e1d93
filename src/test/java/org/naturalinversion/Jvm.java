package org.naturalinversion;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The Java of these tests, for those that need a program of its own. */
public final class Jvm {
    private Jvm() {}

    /** The first words of a command: Java, allowed to do what these tests may do. */
    public static List<String> command() {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // Without these words newer ones warn, on standard error.
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(word -> word.startsWith("--"))
                .forEach(words::add);
        return words;
    }
}

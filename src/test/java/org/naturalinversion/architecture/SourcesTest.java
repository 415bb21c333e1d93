package org.naturalinversion.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What must hold for source files, and no class file shows. */
class SourcesTest {
    private static final Path JAVA = Path.of("src/main/java");
    private static final Path KERNELS = Path.of("src/main/cuda");

    private static final Pattern JNI_OR_FILES =
            Pattern.compile(
                    "#\\s*include\\s*[<\"](jni\\.h|cstdio|stdio\\.h|iostream|fstream|filesystem|fcntl\\.h"
                            + "|unistd\\.h|sys/.*)[>\"]");

    @Test
    void kernelsSeeNeitherJniNorFiles() throws IOException {
        assertThat(files(KERNELS))
                .isNotEmpty()
                .noneMatch(file -> JNI_OR_FILES.matcher(read(file)).find());
    }

    @Test
    void everyPackageSaysWhatItIs() throws IOException {
        List<Path> packages =
                files(JAVA).stream()
                        .map(Path::getParent)
                        .distinct()
                        .filter(folder -> !folder.equals(JAVA))
                        .toList();
        assertThat(packages)
                .isNotEmpty()
                .allMatch(folder -> Files.exists(folder.resolve("package-info.java")));
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

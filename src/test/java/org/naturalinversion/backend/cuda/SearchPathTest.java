package org.naturalinversion.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.backend.BackendProvider;

/** Where libraries are looked for; needs neither a device nor CUDA. */
class SearchPathTest {
    private static final String PROPERTY = BackendProvider.LIBRARY_PATH;

    private final String before = System.getProperty(PROPERTY);

    @TempDir private Path folder;

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty(PROPERTY);
        } else {
            System.setProperty(PROPERTY, before);
        }
    }

    @Test
    void saysWhatWasNotFound() {
        assertThat(new SearchPath().load("libnothing.so.9"))
                .hasValue("libnothing.so.9 was not found");
    }

    @Test
    void findsWhatTheSystemKnows() {
        assertThat(new SearchPath().load("libm.so.6")).isEmpty();
    }

    /** A variable with a relative path begins in the current folder, which is anybody's. */
    @Test
    void looksIntoAbsoluteFoldersOnly() throws Exception {
        Path file = Files.createDirectory(folder.resolve("lib")).resolve("libbroken.so.9");
        Files.writeString(file, "no library");
        Path relative = Path.of("").toAbsolutePath().relativize(folder.toAbsolutePath());
        for (String variable : new String[] {"CUDA_PATH", "CUDA_HOME", "CUDNN_PATH"}) {
            assertThat(new SearchPath(Map.of(variable, relative.toString())).load("libbroken.so.9"))
                    .hasValue("libbroken.so.9 was not found");
            assertThat(new SearchPath(Map.of(variable, folder.toString())).load("libbroken.so.9"))
                    .hasValueSatisfying(reason -> assertThat(reason).startsWith(file.toString()));
        }
    }

    /** In the folder itself, in those of an installation, and in those of Python's packages. */
    @Test
    void looksFirstWhereItIsTold() throws Exception {
        for (String below :
                new String[] {"", "lib64", "lib", "targets/x86_64-linux/lib", "cudnn/lib"}) {
            Path root = Files.createTempDirectory(folder, "cuda");
            Path file = Files.createDirectories(root.resolve(below)).resolve("libbroken.so.9");
            Files.writeString(file, "no library");
            System.setProperty(PROPERTY, folder.resolve("nowhere") + ":" + root);
            assertThat(new SearchPath().load("libbroken.so.9"))
                    .hasValueSatisfying(
                            reason ->
                                    assertThat(reason)
                                            .startsWith(file + " cannot be loaded (")
                                            .contains("file too short"));
        }
    }
}

package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.backend.BackendProvider;

/** What options about the machine bring about. */
class EngineOptionsTest {
    @TempDir Path folder;
    private String before;
    private Path cudnn;
    private Path packages;

    @BeforeEach
    void makeFolders() throws IOException {
        before = System.clearProperty(BackendProvider.LIBRARY_PATH);
        cudnn = Files.createDirectory(folder.resolve("cudnn"));
        packages = Files.createDirectory(folder.resolve("nvidia"));
    }

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty(BackendProvider.LIBRARY_PATH);
        } else {
            System.setProperty(BackendProvider.LIBRARY_PATH, before);
        }
    }

    @Test
    void foldersOfLibrariesAreKnownBeforeTheWorkBegins() throws IOException {
        String both = cudnn + File.pathSeparator + packages;
        Path file = folder.resolve("settings.yaml");
        Files.writeString(file, "cuda-path: [%s, %s]%n".formatted(cudnn, packages));

        assertThat(pathAtWork("--cuda-path", both)).isEqualTo(both);
        assertThat(pathAtWork("--config", file.toString())).isEqualTo(both);
        assertThat(pathAtWork("--config=" + file, "--cuda-path=" + packages))
                .isEqualTo(packages.toString());
    }

    @Test
    void aPathThatWasSetStaysWhereNoneIsGiven() {
        System.setProperty(BackendProvider.LIBRARY_PATH, "/opt/mine");
        assertThat(pathAtWork()).isEqualTo("/opt/mine");
    }

    @Test
    void everyMissingFolderIsAProblem() {
        Cli refused =
                Cli.run(
                        "doctor",
                        "--cuda-path=" + folder.resolve("a") + ":" + cudnn + ":" + folder + "/b");

        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err())
                .contains("there is no folder " + folder.resolve("a"), folder + "/b")
                .doesNotContain("no folder " + cudnn);
        assertThat(System.getProperty(BackendProvider.LIBRARY_PATH)).isNull();
    }

    /** The property that backends read, as the work finds it. */
    private static String pathAtWork(String... flags) {
        List<String> seen = new ArrayList<>();
        Cli.with(
                request -> {
                    seen.add(System.getProperty(BackendProvider.LIBRARY_PATH));
                    throw new IllegalStateException("seen enough");
                },
                flags);
        assertThat(seen).hasSize(1);
        return seen.get(0);
    }
}

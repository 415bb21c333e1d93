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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
    void foldersOfLibrariesAreKnownBeforeTheWorkBegins() {
        String both = cudnn + File.pathSeparator + packages;
        assertThat(pathAtWork("--cuda-path", both)).isEqualTo(both);
    }

    /** Files come from others, and libraries are code. */
    @ParameterizedTest
    @ValueSource(strings = {"synthesize", "train", "evaluate", "doctor", "bench", "inspect"})
    void noFileSaysWhereLibrariesLie(String command) throws IOException {
        Path file = folder.resolve("settings.yaml");
        Files.writeString(file, "cuda-path: " + cudnn);
        Cli refused = Cli.run(command, "--config", file);
        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err())
                .contains(file + ": cuda-path can only be set on the command line")
                .hasLineCount(1);
        assertThat(System.getProperty(BackendProvider.LIBRARY_PATH)).isNull();
    }

    @Test
    void noManifestSaysWhereLibrariesLie() throws IOException {
        Path run = Files.createDirectory(folder.resolve("run"));
        for (String name : List.of("manifest.json", "training.json")) {
            Files.writeString(
                    run.resolve(name),
                    "{\"settings\": {\"cuda-path\": [\"%s\"]}}".formatted(cudnn));
        }
        for (String command : List.of("synthesize", "train")) {
            Cli refused = Cli.run(command, "--resume", "--out", run);
            assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
            assertThat(refused.err())
                    .contains("cuda-path can only be set on the command line")
                    .hasLineCount(1);
        }
        assertThat(System.getProperty(BackendProvider.LIBRARY_PATH)).isNull();
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

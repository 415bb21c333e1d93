package org.naturalinversion.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Python's packages, found without a Python. */
class PythonPackagesTest {
    @TempDir Path folder;

    @Test
    void areThoseOfTheEnvironmentThenOfTheUserThenOfTheSystem() throws IOException {
        Path system = packages("root/usr/lib/python3/dist-packages");
        Path local = packages("root/usr/local/lib/python3.12/dist-packages");
        Path own = packages("home/.local/lib/python3.11/site-packages");
        Path version = packages("home/.pyenv/versions/3.13.1/lib/python3.13/site-packages");
        Path conda = packages("conda/lib/python3.10/site-packages");
        Path active = packages("venv/lib/python3.12/site-packages");
        assertThat(
                        find(
                                Map.of(
                                        "VIRTUAL_ENV", folder.resolve("venv").toString(),
                                        "CONDA_PREFIX", folder.resolve("conda").toString())))
                .containsExactly(active, conda, own, version, local, system);
    }

    @Test
    void theNewestPythonComesFirst() throws IOException {
        Path nine = packages("root/usr/lib/python3.9/site-packages");
        Path twelve = packages("root/usr/lib/python3.12/site-packages");
        Path any = packages("root/usr/lib/python3/dist-packages");
        packages("root/usr/lib/python2.7/site-packages");
        assertThat(find(Map.of())).containsExactly(twelve, nine, any);
    }

    /** A link on the PATH leads to the packages beside the link, and to those of its Python. */
    @Test
    void thePathLeadsToPackages() throws IOException {
        Path linked = packages("tools/lib/python3.12/site-packages");
        Path real = packages("opt/python/lib/python3.12/site-packages");
        Path program = folder.resolve("opt/python/bin/python3.12");
        Files.createDirectories(program.getParent());
        Files.writeString(program, "#!/bin/sh\ntouch " + folder.resolve("ran") + "\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        Path bin = Files.createDirectories(folder.resolve("tools/bin"));
        Files.createSymbolicLink(bin.resolve("python3"), program);
        assertThat(find(Map.of("PATH", "/nowhere:" + bin))).containsExactly(linked, real);
        assertThat(folder.resolve("ran")).doesNotExist();
    }

    /** Whatever is not absolute begins in the current folder, which is anybody's. */
    @Test
    void noneBeginInTheCurrentFolder() throws IOException {
        packages("venv/lib/python3.12/site-packages");
        String relative =
                Path.of("").toAbsolutePath().relativize(folder.toAbsolutePath()) + "/venv";
        assertThat(
                        find(
                                Map.of(
                                        "VIRTUAL_ENV",
                                        relative,
                                        "CONDA_PREFIX",
                                        "",
                                        "PATH",
                                        ".:" + relative)))
                .isEmpty();
        assertThat(
                        new PythonPackages(Map.of(), folder.resolve("root"), Path.of(""))
                                .folders("nvidia"))
                .isEmpty();
    }

    private List<Path> find(Map<String, String> environment) {
        return new PythonPackages(environment, folder.resolve("root"), folder.resolve("home"))
                .folders("nvidia");
    }

    private Path packages(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name).resolve("nvidia"));
    }
}

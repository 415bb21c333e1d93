package org.naturalinversion.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where Python's packages lie. Their folders are looked for by name: Python itself, when asked,
 * runs what lies in the current folder and in the packages.
 *
 * @param environment its VIRTUAL_ENV, CONDA_PREFIX and PATH are looked at
 * @param root of the system's folders
 * @param home the user's
 */
record PythonPackages(Map<String, String> environment, Path root, Path home) {
    private static final String PYTHON = "python3";

    /** An installation, and in it the newest Python, come first. */
    List<Path> folders(String name) {
        return prefixes().stream()
                .flatMap(PythonPackages::libraries)
                .flatMap(lib -> Stream.of("site-packages", "dist-packages").map(lib::resolve))
                .map(packages -> packages.resolve(name))
                .filter(Files::isDirectory)
                .distinct()
                .toList();
    }

    /** Where Pythons are installed: the active environment, the user's own, those on the PATH. */
    private List<Path> prefixes() {
        return Stream.of(
                        variable("VIRTUAL_ENV"),
                        variable("CONDA_PREFIX"),
                        Stream.of(home.resolve(".local")),
                        variable("PATH").flatMap(PythonPackages::prefixesOf),
                        children(home.resolve(".pyenv/versions")).stream(),
                        Stream.of(root.resolve("usr/local"), root.resolve("usr")))
                .flatMap(prefixes -> prefixes)
                .filter(Path::isAbsolute)
                .distinct()
                .toList();
    }

    private Stream<Path> variable(String name) {
        return absolute(environment.getOrDefault(name, ""));
    }

    /** The absolute ones of a list of paths: the others begin in the current folder. */
    static Stream<Path> absolute(String paths) {
        return Arrays.stream(paths.split(File.pathSeparator, -1))
                .filter(path -> path.startsWith("/"))
                .flatMap(
                        path -> {
                            try {
                                return Stream.of(Path.of(path));
                            } catch (InvalidPathException e) {
                                return Stream.empty();
                            }
                        });
    }

    /** Of a folder of programs with a Python: where that says it is, and where it really is. */
    private static Stream<Path> prefixesOf(Path programs) {
        Path python = programs.resolve(PYTHON);
        if (!Files.isExecutable(python)) {
            return Stream.empty();
        }
        try {
            return Stream.of(python, python.toRealPath())
                    .flatMap(file -> Stream.ofNullable(file.getParent().getParent()));
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    /** The folders lib/python3 and lib/python3.N, newest first. */
    private static Stream<Path> libraries(Path prefix) {
        return children(prefix.resolve("lib")).stream()
                .filter(lib -> lib.getFileName().toString().matches("python3(\\.\\d{1,4})?"))
                .sorted(Comparator.comparingInt(PythonPackages::minorVersion).reversed());
    }

    private static int minorVersion(Path lib) {
        String name = lib.getFileName().toString();
        return name.equals(PYTHON) ? 0 : Integer.parseInt(name.substring(PYTHON.length() + 1));
    }

    private static List<Path> children(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}

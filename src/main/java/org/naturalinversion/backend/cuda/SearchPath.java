package org.naturalinversion.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.naturalinversion.backend.BackendProvider;

/**
 * Where CUDA's libraries are looked for, in this order: the folders that the user names (system
 * property {@link BackendProvider#LIBRARY_PATH}), those of CUDA_PATH, CUDA_HOME and CUDNN_PATH
 * where these are absolute, those that the system's loader knows, the usual ones of CUDA, and
 * {@link PythonPackages}. No other program is run for it, and the current folder never looked into.
 */
final class SearchPath {
    private final List<Path> named;
    private List<Path> usual;

    SearchPath() {
        this(System.getenv());
    }

    /** With variables of the environment. */
    SearchPath(Map<String, String> environment) {
        named = named(environment);
    }

    /** Loads a library; says why if it cannot. */
    Optional<String> load(String file) {
        for (Path folder : named) {
            if (Files.exists(folder.resolve(file))) {
                return load(folder.resolve(file));
            }
        }
        try {
            Loader.loadGlobal(file);
            return Optional.empty();
        } catch (UnsatisfiedLinkError e) {
            // The system's loader does not know it, or not where what it needs is.
            for (Path folder : usual()) {
                if (Files.exists(folder.resolve(file))) {
                    return load(folder.resolve(file));
                }
            }
            return Optional.of(file + " was not found");
        }
    }

    private static Optional<String> load(Path file) {
        try {
            Loader.loadGlobal(file.toString());
            return Optional.empty();
        } catch (UnsatisfiedLinkError e) {
            return Optional.of(
                    "%s cannot be loaded (%s)".formatted(file, String.valueOf(e.getMessage())));
        }
    }

    private static List<Path> named(Map<String, String> environment) {
        Set<Path> folders = new LinkedHashSet<>();
        String property = System.getProperty(BackendProvider.LIBRARY_PATH, "");
        Stream.of(property.split(File.pathSeparator, -1))
                .filter(root -> !root.isBlank())
                .forEach(root -> below(Path.of(root).toAbsolutePath(), folders));
        // Of variables nobody may be thinking, and the current folder is anybody's.
        Stream.of("CUDA_PATH", "CUDA_HOME", "CUDNN_PATH")
                .flatMap(v -> PythonPackages.absolute(environment.getOrDefault(v, "")))
                .forEach(root -> below(root, folders));
        return List.copyOf(folders);
    }

    private synchronized List<Path> usual() {
        if (usual == null) {
            Set<Path> folders = new LinkedHashSet<>();
            below(Path.of("/usr/local/cuda"), folders);
            children(Path.of("/usr/local"), "cuda-13").forEach(p -> below(p, folders));
            below(Path.of("/opt/cuda"), folders);
            // Where the driver lies under WSL, and where containers mount it.
            folders.add(Path.of("/usr/lib/wsl/lib"));
            folders.add(Path.of("/usr/local/nvidia/lib64"));
            new PythonPackages(
                            System.getenv(),
                            Path.of("/"),
                            Path.of(System.getProperty("user.home", "")))
                    .folders("nvidia")
                    .forEach(p -> below(p, folders));
            usual = List.copyOf(folders);
        }
        return usual;
    }

    /** A folder, and those of the libraries of an installation, or of several, that it is. */
    private static void below(Path root, Set<Path> folders) {
        folders.add(root);
        folders.add(root.resolve("lib64"));
        folders.add(root.resolve("lib"));
        folders.add(root.resolve("targets/x86_64-linux/lib"));
        children(root, "").forEach(child -> folders.add(child.resolve("lib")));
    }

    private static List<Path> children(Path root, String prefix) {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(root)) {
            return children.filter(p -> p.getFileName().toString().startsWith(prefix))
                    .filter(Files::isDirectory)
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}

package org.naturalinversion.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.naturalinversion.backend.BackendProvider;

/**
 * Where CUDA's libraries are looked for, in this order: the folders that the user names (system
 * property {@link BackendProvider#LIBRARY_PATH}), those of CUDA_PATH, CUDA_HOME and CUDNN_PATH,
 * those that the system's loader knows, the usual ones of CUDA, and Python's packages.
 */
final class SearchPath {
    private final List<Path> named;
    private List<Path> usual;

    SearchPath() {
        named = named();
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

    private static List<Path> named() {
        List<String> roots = new ArrayList<>();
        String property = System.getProperty(BackendProvider.LIBRARY_PATH);
        if (property != null) {
            roots.addAll(List.of(property.split(File.pathSeparator, -1)));
        }
        for (String variable : List.of("CUDA_PATH", "CUDA_HOME", "CUDNN_PATH")) {
            String value = System.getenv(variable);
            if (value != null) {
                roots.add(value);
            }
        }
        Set<Path> folders = new LinkedHashSet<>();
        roots.stream().filter(r -> !r.isBlank()).map(Path::of).forEach(r -> below(r, folders));
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
            pythonPackages().forEach(p -> below(p, folders));
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

    /** The folders that Python's {@code nvidia} package consists of, as the first Python has it. */
    private static List<Path> pythonPackages() {
        for (String python : List.of("python3", "python")) {
            try {
                Process process =
                        new ProcessBuilder(
                                        python,
                                        "-c",
                                        "import nvidia; print(*nvidia.__path__, sep='\\n')")
                                .redirectErrorStream(false)
                                .redirectError(ProcessBuilder.Redirect.DISCARD)
                                .start();
                process.getOutputStream().close();
                String text =
                        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0) {
                    return text.lines().filter(l -> !l.isBlank()).map(Path::of).toList();
                }
            } catch (IOException e) {
                // There is no such Python: the next.
                continue;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return List.of();
            }
        }
        return List.of();
    }
}

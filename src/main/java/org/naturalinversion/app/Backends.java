package org.naturalinversion.app;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.BackendProvider;
import org.naturalinversion.backend.OutOfMemoryException;
import org.naturalinversion.graph.Engine;

/** Chooses and opens a backend by name. */
public final class Backends {
    /** The name that leaves the choice to us. */
    public static final String AUTO = "auto";

    private Backends() {}

    /** Lets backends look for their vendors' libraries in these folders first; before all else. */
    public static void lookIn(List<Path> folders) {
        System.setProperty(
                BackendProvider.LIBRARY_PATH,
                folders.stream()
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator)));
    }

    /** All kinds that the program has, best first, whether this machine can run them or not. */
    public static List<BackendProvider> all() {
        List<BackendProvider> providers = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class).forEach(providers::add);
        providers.sort(Comparator.comparingInt(BackendProvider::rank).reversed());
        return providers;
    }

    /** Opens a backend without comment; see {@link #open(String, int, Consumer)}. */
    public static Engine open(String name, int threads) {
        return open(name, threads, line -> {});
    }

    /**
     * Opens a backend.
     *
     * @param name {@code auto} for the best that this machine can run, or {@code cpu}, {@code
     *     cuda}, {@code cuda:1}, which never fall back to another
     * @param threads worker threads; 0 for as many as there are cores
     * @param log receives notes about the chosen backend, and why an expected better one was not
     *     chosen
     * @throws NoBackendException if there is no such backend, or it cannot be had
     */
    public static Engine open(String name, int threads, Consumer<String> log) {
        try {
            return new Engine(
                    name.equals(AUTO) ? best(log).open(0, threads) : named(name, threads));
        } catch (NoBackendException | OutOfMemoryException e) {
            throw e;
        } catch (BackendException e) {
            throw new NoBackendException(e.getMessage(), e);
        }
    }

    private static BackendProvider best(Consumer<String> log) {
        List<String> reasons = new ArrayList<>();
        List<String> worthSaying = new ArrayList<>();
        for (BackendProvider provider : all()) {
            Optional<String> reason = provider.unavailable();
            if (reason.isEmpty()) {
                worthSaying.forEach(log);
                log.accept("backend " + provider.name());
                return provider;
            }
            String line = "not using %s: %s".formatted(provider.name(), reason.get());
            reasons.add(line);
            if (provider.isExpected()) {
                worthSaying.add(line);
            }
        }
        throw new NoBackendException("no backend is available: " + String.join("; ", reasons));
    }

    private static Backend named(String name, int threads) {
        String[] parts = name.split(":", 2);
        BackendProvider provider =
                all().stream()
                        .filter(p -> p.name().equals(parts[0]))
                        .findFirst()
                        .orElseThrow(() -> unknown(name));
        int device = 0;
        if (parts.length > 1) {
            try {
                device = Integer.parseUnsignedInt(parts[1]);
            } catch (NumberFormatException e) {
                throw unknown(name);
            }
        }
        provider.unavailable()
                .ifPresent(
                        reason -> {
                            throw new NoBackendException(
                                    "%s is not available: %s".formatted(name, reason));
                        });
        return provider.open(device, threads);
    }

    private static NoBackendException unknown(String name) {
        List<String> names = new ArrayList<>(List.of(AUTO));
        all().forEach(p -> names.add(p.name()));
        return new NoBackendException(
                "there is no backend '%s'; choose one of %s"
                        .formatted(name, String.join(", ", names)));
    }
}

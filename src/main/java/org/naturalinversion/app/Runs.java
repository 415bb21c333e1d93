package org.naturalinversion.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.naturalinversion.backend.Description;
import org.naturalinversion.data.Claim;
import org.naturalinversion.data.ClaimedException;
import org.naturalinversion.data.Manifest;
import org.naturalinversion.data.Sha256;
import org.naturalinversion.data.TrainingFolder;

/** Default folders for results, and the description of how they were made. */
final class Runs {
    private static final Path FOLDER = Path.of("runs");

    private Runs() {}

    /**
     * Claims a folder for results; whoever closes the claim gives it back.
     *
     * @param folder null for the first of {@code runs/<name>-1}, {@code -2} and so on that is not
     *     there yet
     * @param refusal why results cannot be left in a folder; empty if they can. Asked once more
     *     when nobody else can leave anything there
     * @throws UsageException if they cannot, or another program has the folder
     */
    static Claim claim(
            Path folder,
            String name,
            Function<Path, Optional<String>> refusal,
            Consumer<String> log) {
        try {
            Claim claim =
                    folder == null
                            ? Claim.ofNew(FOLDER, name.replace('/', '-'), log)
                            : Claim.of(folder, log);
            try {
                refusal.apply(claim.folder())
                        .ifPresent(
                                problem -> {
                                    throw new UsageException(problem);
                                });
                return claim;
            } catch (RuntimeException e) {
                claim.close();
                throw e;
            }
        } catch (ClaimedException e) {
            throw new UsageException(e.getMessage());
        }
    }

    /** Why a file or folder that a setting names cannot be read any more. */
    static String moved(Path settings, String setting) {
        return "no such file or folder (named in %s); use --%s for its new place"
                .formatted(settings, setting);
    }

    /** What runs of a classifier are called: as its file is, or as the training that it is of. */
    static String name(Path classifier) {
        if (Builtin.isNamed(classifier)) {
            return Builtin.name(classifier);
        }
        Path file = classifier.toAbsolutePath().normalize();
        if (file.getFileName() == null) {
            return "classifier";
        }
        String name = file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
        boolean trained = Files.exists(file.resolveSibling(TrainingFolder.RECORD));
        return trained && file.getParent().getFileName() != null
                ? file.getParent().getFileName() + "-" + name
                : name;
    }

    /** A path as it is written into settings: the same wherever they are read again. */
    static String named(Path path) {
        return Builtin.isNamed(path) ? path.toString() : path.toAbsolutePath().toString();
    }

    /**
     * A file that settings in a folder name, and that is not there: older versions wrote its path
     * as it was typed, and it may have been moved together with the folder.
     *
     * @param sha256 what it must be
     * @return where it is, in the folder or one of those above; empty if it is not
     */
    static Optional<Path> findAgain(Path named, Path folder, String sha256) {
        for (Path at = folder.toAbsolutePath(); at != null; at = at.getParent()) {
            for (Path file : new Path[] {at.resolve(named), at.resolve(named.getFileName())}) {
                try {
                    if (Files.isRegularFile(file) && Objects.equals(Sha256.of(file), sha256)) {
                        return Optional.of(file);
                    }
                } catch (IOException e) {
                    // Then it is not this one.
                }
            }
        }
        return Optional.empty();
    }

    /** This program. */
    static Manifest.Software software() {
        return new Manifest.Software(Version.NAME, Version.number());
    }

    /** What it runs on. */
    static Manifest.Backend backend(Description description) {
        return new Manifest.Backend(
                description.backend(),
                description.device(),
                description.threads(),
                description.versions());
    }
}

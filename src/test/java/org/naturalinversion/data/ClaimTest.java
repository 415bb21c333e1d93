package org.naturalinversion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.Jvm;

class ClaimTest {
    @TempDir Path folder;
    private final List<String> notes = new ArrayList<>();

    @Test
    void leavesNothingOfItself() throws IOException {
        Path deep = folder.resolve("runs/deep");
        try (Claim claim = Claim.of(deep, notes::add)) {
            assertThat(claim.folder()).isEqualTo(deep);
            assertThat(deep.resolve(Claim.LOCK)).isRegularFile();
            assertThat(RunDirectory.refusal(deep, false)).isEmpty();
        }
        assertThat(folder).isEmptyDirectory();

        try (Claim claim = Claim.of(deep, notes::add)) {
            Files.writeString(claim.folder().resolve("result"), "");
        }
        assertThat(deep.toFile().list()).containsExactly("result");
        assertThat(notes).isEmpty();
    }

    @Test
    void isHadByOneAtATime() {
        Path run = folder.resolve("run");
        try (Claim claim = Claim.of(run, notes::add)) {
            assertThatThrownBy(() -> Claim.of(folder.resolve("./run"), notes::add))
                    .isInstanceOf(ClaimedException.class)
                    .hasMessageEndingWith("run is in use by this ni");
            assertThat(claim.folder().resolve(Claim.LOCK)).exists();
        }
        Claim.of(run, notes::add).close();
    }

    /** The system takes the lock of a program that is killed back. */
    @Test
    @Timeout(60)
    void isTheirsWhoLivesNotTheirsWhoWasKilled() throws Exception {
        Path run = folder.resolve("run");
        Process other = hold(run);
        try (BufferedReader output = other.inputReader()) {
            assertThat(output.readLine()).isEqualTo("held");
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> Claim.of(run, notes::add))
                        .isInstanceOf(ClaimedException.class)
                        .hasMessage(
                                "%s is in use by another ni (pid %d)".formatted(run, other.pid()));
            }
        } finally {
            other.destroyForcibly().waitFor();
        }
        assertThat(run.resolve(Claim.LOCK)).exists();
        Claim.of(run, notes::add).close();
        assertThat(run).isEmptyDirectory();
    }

    private static Process hold(Path run) throws IOException {
        List<String> command = new ArrayList<>(Jvm.command());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(Holder.class.getName(), run.toString()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** A folder may be moved while it is written to, and another made in its place. */
    @Test
    @Timeout(60)
    void leavesTheLockOfAnother() throws Exception {
        Path run = folder.resolve("run");
        Claim mine = Claim.of(run, notes::add);
        Files.move(run, folder.resolve("moved"));
        Process other = hold(run);
        try (BufferedReader output = other.inputReader()) {
            assertThat(output.readLine()).isEqualTo("held");
            mine.close();
            assertThat(run.resolve(Claim.LOCK)).exists();
            assertThatThrownBy(() -> Claim.of(run, notes::add))
                    .isInstanceOf(ClaimedException.class);
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    /** What cannot be removed is still given back. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void closesItsFilesWhateverHappens() throws IOException {
        Path run = folder.resolve("run").toAbsolutePath();
        try (Claim claim = Claim.of(run, notes::add)) {
            assertThat(openFiles(run)).isNotEmpty();
            Files.delete(run.resolve(Claim.LOCK));
            Files.createDirectories(run.resolve(Claim.LOCK).resolve("x"));
            assertThat(claim.folder()).isEqualTo(run);
        }
        assertThat(openFiles(run)).isEmpty();
    }

    private static List<String> openFiles(Path folder) throws IOException {
        List<String> files = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                if (Files.isSymbolicLink(descriptor)) {
                    files.add(Files.readSymbolicLink(descriptor).toString());
                }
            }
        }
        files.removeIf(file -> !file.startsWith(folder.toString()));
        return files;
    }

    /** Programs in two containers may have the same pid. */
    @Test
    void signsEveryClaimDifferently() throws IOException {
        Set<String> signatures = new HashSet<>();
        for (int i = 0; i < 2; i++) {
            try (Claim claim = Claim.of(folder.resolve("run"), notes::add)) {
                signatures.add(Files.readString(claim.folder().resolve(Claim.LOCK)));
            }
        }
        assertThat(signatures)
                .hasSize(2)
                .allMatch(text -> text.startsWith(ProcessHandle.current().pid() + " "));
    }

    /** Holds a folder until it is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws InterruptedException {
            try (Claim claim = Claim.of(Path.of(arguments[0]), line -> {})) {
                if (Files.exists(claim.folder().resolve(Claim.LOCK))) {
                    System.out.println("held");
                }
                Thread.sleep(60_000);
            }
        }
    }

    @Test
    @Timeout(60)
    void newFoldersAreNumberedOn() throws Exception {
        Path runs = folder.resolve("runs");
        Set<Path> folders = ConcurrentHashMap.newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            Callable<Void> one =
                    () -> {
                        for (int i = 0; i < 20; i++) {
                            try (Claim claim = Claim.ofNew(runs, "a", line -> {})) {
                                assertThat(folders.add(claim.folder())).isTrue();
                                Files.createFile(claim.folder().resolve("result"));
                            }
                        }
                        return null;
                    };
            for (Future<Void> done :
                    threads.invokeAll(List.of(one, one, one, one, one, one, one, one))) {
                done.get();
            }
        } finally {
            threads.shutdown();
        }
        assertThat(folders).hasSize(160).contains(runs.resolve("a-1"), runs.resolve("a-160"));
    }

    @Test
    void saysWhyAFolderCannotBeMade() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> Claim.ofNew(file, "a", notes::add))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage(
                        "%s: cannot be made: %s is not a folder"
                                .formatted(file.resolve("a-1"), file));
        Path run = Files.createDirectory(folder.resolve("run"));
        Files.createSymbolicLink(run.resolve(Claim.LOCK), file);
        assertThatThrownBy(() -> Claim.of(run, notes::add))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageEndingWith("cannot be written: it is not a regular file");
        assertThat(file).hasContent("");
    }
}

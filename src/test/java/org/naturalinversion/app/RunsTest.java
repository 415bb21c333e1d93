package org.naturalinversion.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.data.Claim;
import org.naturalinversion.data.Sha256;
import org.naturalinversion.model.ImageSize;

class RunsTest {
    @TempDir Path folder;
    private final List<String> notes = new ArrayList<>();

    @Test
    void runsAreCalledAsTheirClassifierOrItsTraining() throws IOException {
        Path trained = Files.createDirectory(folder.resolve("fashion"));
        assertThat(Runs.name(trained.resolve("best.safetensors"))).isEqualTo("best");
        Files.writeString(trained.resolve("training.json"), "{}");
        assertThat(Runs.name(trained.resolve("best.safetensors"))).isEqualTo("fashion-best");
        assertThat(Runs.name(Path.of(Builtin.CLASSIFIER))).isEqualTo("resnet20-cifar10");
        assertThat(Runs.name(Path.of("resnet20-12fca82f.th"))).isEqualTo("resnet20-12fca82f");
        assertThat(Runs.name(Path.of("/"))).isEqualTo("classifier");
    }

    @Test
    void filesAreFoundAgainByTheirSum() throws IOException {
        Path run = Files.createDirectories(folder.resolve("runs/run"));
        Path teacher = Files.writeString(folder.resolve("teacher.th"), "weights");
        Files.writeString(run.resolve("teacher.th"), "others");
        String sum = Sha256.of(teacher);
        assertThat(Runs.findAgain(Path.of("teacher.th"), run, sum)).hasValue(teacher);
        assertThat(Runs.findAgain(Path.of("/gone/teacher.th"), run, sum)).hasValue(teacher);
        assertThat(Runs.findAgain(Path.of("teacher.th"), run, "abc")).isEmpty();
        assertThat(Runs.findAgain(Path.of("teacher.th"), run, null)).isEmpty();
        assertThat(Runs.named(Path.of("teacher.th"))).startsWith("/").endsWith("/teacher.th");
        assertThat(Runs.named(Path.of(Builtin.CLASSIFIER))).isEqualTo(Builtin.CLASSIFIER);
    }

    @Test
    void aFolderThatIsRefusedOrTakenIsNotClaimed() {
        Path run = folder.resolve("run");
        assertThatThrownBy(() -> Runs.claim(run, "", f -> Optional.of("no"), notes::add))
                .isInstanceOf(UsageException.class)
                .hasMessage("no");
        assertThat(run).doesNotExist();
        assertThatThrownBy(
                        () ->
                                Runs.claim(
                                        run,
                                        "",
                                        f -> {
                                            throw new IllegalStateException("broken");
                                        },
                                        notes::add))
                .hasMessage("broken");
        assertThat(run).doesNotExist();
        try (Claim claim = Runs.claim(run, "", f -> Optional.empty(), notes::add)) {
            assertThat(claim.folder()).isEqualTo(run);
            assertThatThrownBy(() -> Runs.claim(run, "", f -> Optional.empty(), notes::add))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("is in use by");
        }
    }

    /** Of six batches, what five have taken is no more needed. */
    @Test
    void roomIsNeededForWhatIsMissing() {
        Targets targets = new Targets(List.of(0, 1), 48, 8, 0);
        RunSize size = new RunSize(new ImageSize(32, 32, 3), 100, Set.of(Format.PNG), targets);
        long all = size.bytes(new int[] {0, 1, 2, 3, 4, 5});
        long last = size.bytes(new int[] {5});
        assertThat(all).isBetween(48L * 3072, 48L * 10_000);
        assertThat(last).isBetween(all / 6, all / 3);
        RunSize raw = new RunSize(new ImageSize(32, 32, 3), 100, Set.of(Format.RAW), targets);
        assertThat(raw.bytes(new int[] {0})).isGreaterThan(8 * 3072 * 4);
    }
}

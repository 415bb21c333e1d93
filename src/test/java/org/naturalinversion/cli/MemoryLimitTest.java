package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in a container of 1 GB: the files that tell of it are the test's. */
class MemoryLimitTest {
    private static final String ROOT = "ni.system.root";

    @TempDir Path folder;

    @BeforeEach
    void enter() throws IOException {
        Path root = folder.resolve("machine");
        write(root.resolve("proc/meminfo"), "MemTotal: 32000000 kB\nMemAvailable: 24000000 kB\n");
        write(root.resolve("proc/self/cgroup"), "0::/box\n");
        write(root.resolve("sys/fs/cgroup/box/memory.max"), "1000000000\n");
        write(root.resolve("sys/fs/cgroup/box/memory.current"), "100000000\n");
        System.setProperty(ROOT, root.toString());
    }

    @AfterEach
    void leave() {
        System.clearProperty(ROOT);
    }

    @Test
    void aBatchTooLargeIsRefusedBeforeItBegins() {
        Cli refused = synthesize("--batch=512");
        assertThat(refused.code()).isEqualTo(ExitCode.NO_BACKEND);
        assertThat(refused.err())
                .hasLineCount(1)
                .matches(
                        "ni: batch 512 needs about [\\d,]+ MB, but only \\d{3} MB are free \\(limit"
                                + " of the container: 1,000 MB\\); --batch \\d+ fits; --batch auto"
                                + " finds the largest that does\\n");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void batchesMadeAtOnceMustFitTogether() {
        Cli refused = synthesize("--batch=128", "--images=512", "--concurrent=4");
        assertThat(refused.code()).isEqualTo(ExitCode.NO_BACKEND);
        assertThat(refused.err()).hasLineCount(1).contains("limit of the container: 1,000 MB");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void theLargestBatchIsTheLargestThatTheContainerHolds() throws IOException {
        Cli done = synthesize("--batch=auto", "--images=512", "--iterations=1");
        assertThat(done.code()).as(done.err()).isZero();
        String manifest = Files.readString(folder.resolve("run/manifest.json"));
        assertThat(manifest).containsPattern("\"batch\" : (64|128),");
    }

    @Test
    void whateverElseNeedsMemoryIsRefusedToo() {
        Cli bench = Cli.run("bench", "--backend=cpu", "--case=resnet20-b256", "--iterations=1");
        assertThat(bench.code()).isEqualTo(ExitCode.NO_BACKEND);
        assertThat(bench.err())
                .hasLineCount(1)
                .startsWith("ni: batch 256 needs too much memory: ")
                .contains("limit of the container: 1,000 MB", "use a smaller --batch");
    }

    /** Images find no room in the heap only when their batch is done: that would be too late. */
    @Test
    void imagesThatJavasHeapCannotHoldAreRefusedBeforeTheyAreMade() {
        Cli refused = synthesize("--batch=1000000");
        assertThat(refused.code()).isEqualTo(ExitCode.NO_BACKEND);
        assertThat(refused.err())
                .hasLineCount(1)
                .startsWith("ni: 1000000 images at a time need about ")
                .contains("MB of Java's heap", "NI_JAVA_OPTIONS=-Xmx");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    private Cli synthesize(String... options) {
        String[] words = new String[options.length + 4];
        System.arraycopy(options, 0, words, 4, options.length);
        words[0] = "synthesize";
        words[1] = "--backend=cpu";
        words[2] = "--quiet";
        words[3] = "--out=" + folder.resolve("run");
        return Cli.run((Object[]) words);
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}

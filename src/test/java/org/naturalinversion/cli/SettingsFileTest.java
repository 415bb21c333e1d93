package org.naturalinversion.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.app.SynthesisRequest;
import org.naturalinversion.data.BatchFiles.Format;
import org.naturalinversion.method.Settings;

/** Defaults, then the preset, then the file, then flags. */
class SettingsFileTest {
    @TempDir Path folder;

    @Test
    void flagsWinOverTheFileAndTheFileOverThePreset() throws IOException {
        SynthesisRequest request =
                parse(
                        """
                        teacher: a.th
                        preset: paper-cifar100
                        batch: 7
                        iterations: 9
                        tv-weight: 2.5e-5
                        classes: [0, 3, 7]
                        format: [png, raw]
                        no-ftp: true
                        acs: false
                        seed: -5
                        mean: 0.5
                        std: [0.25]
                        """,
                        "--iterations=11",
                        "--classes=2",
                        "--acs");

        Settings method = request.method();
        assertThat(method.batch()).isEqualTo(7);
        assertThat(method.iterations()).isEqualTo(11);
        assertThat(method.weights().bn()).isEqualTo(3);
        assertThat(method.weights().tv()).isEqualTo(2.5e-5);
        assertThat(method.parts()).isEqualTo(new Settings.Parts(true, false, true));
        assertThat(request.quantity().classes()).containsExactly(2);
        assertThat(request.output().formats()).containsExactlyInAnyOrder(Format.PNG, Format.RAW);
        assertThat(request.seed()).isEqualTo(-5);
        assertThat(request.teacher().file()).isEqualTo(Path.of("a.th"));
        assertThat(request.teacher().normalization().mean()).containsExactly(0.5);
    }

    @Test
    void aFlagReplacesWhatItExcludes() throws IOException {
        SynthesisRequest request =
                parse(
                        "{teacher: a.th, images: 10, mean: 0.5, std: 0.25}",
                        "--per-class=3",
                        "--normalize=none",
                        "--format=raw");

        assertThat(request.quantity().images()).isNull();
        assertThat(request.quantity().perClass()).isEqualTo(3);
        assertThat(request.teacher().normalization().mean()).containsExactly(0.0);
        assertThat(request.output().formats()).containsExactly(Format.RAW);
    }

    @Test
    void methodsChooseTheirOwnDefaults() throws IOException {
        Settings deep = parse("{teacher: a, method: deepinversion}", "--bn-weight=2").method();
        assertThat(deep.parts()).isEqualTo(new Settings.Parts(false, false, false));
        assertThat(deep.weights()).isEqualTo(new Settings.Weights(1, 2, 2.5e-5, 0));
        assertThat(parse("{teacher: a}").method()).isEqualTo(Settings.QUICK);
    }

    @Test
    void takesTheSettingsOfAManifest() throws IOException {
        assertThat(
                        parse(
                                        """
                                        {"finished": true, "settings": {"teacher": "a", "jitter": 0}}
                                        """)
                                .method()
                                .jitter())
                .isZero();
    }

    @Test
    void refusesWhatItDoesNotKnow() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("run.yaml"),
                        """
                        itertions: 3
                        no-batch: true
                        config: other.yaml
                        batch: many
                        seed:
                        iterations: 0
                        """);

        Cli result = Cli.run("synthesize", "--config", file);

        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(result.err())
                .hasLineCount(1)
                .contains(
                        file + ": there is no setting 'itertions' (did you mean iterations?)",
                        "there is no setting 'no-batch'",
                        file + ": config can only be set on the command line",
                        file + ": seed has no value",
                        file + ": invalid value for option '--batch': 'many' is neither a number",
                        "iterations must be at least 1");
    }

    /**
     * A file may come from anybody: it neither writes where it likes, nor replaces what is there.
     */
    @Test
    void saysNeitherWhereToWriteNorThatItMayReplace() throws IOException {
        Path there = folder.resolve("there");
        Path out = Files.writeString(folder.resolve("out.yaml"), "out: " + there);
        Path csv = Files.writeString(folder.resolve("csv.yaml"), "csv: " + there);
        Path force = Files.writeString(folder.resolve("force.yaml"), "force: true");
        Path resume = Files.writeString(folder.resolve("resume.yaml"), "resume: true");

        refused("out", "synthesize", "--config", out);
        refused("out", "train", "--config", out);
        refused("out", "export", "--config", out);
        refused("csv", "bench", "--config", csv);
        refused("force", "export", "--config", force, "--out", there + ".onnx");
        refused("resume", "synthesize", "--config", resume, "--out", there);
        assertThat(there).doesNotExist();
    }

    private static void refused(String option, Object... arguments) {
        Cli result = Cli.run(arguments);
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(result.err())
                .hasLineCount(1)
                .contains(": " + option + " can only be set on the command line");
    }

    @Test
    void isNotBlamedForFlags() throws IOException {
        Path file = Files.writeString(folder.resolve("run.yaml"), "{teacher: a, batch: 3}");

        Cli result = Cli.run("synthesize", "--config", file, "--batch=x");

        assertThat(result.err()).startsWith("ni: invalid value for option '--batch': 'x'");
    }

    @Test
    void refusesFilesThatAreNoSettings() throws IOException {
        Path list = Files.writeString(folder.resolve("list.yaml"), "- 1\n- 2\n");
        Path broken = Files.writeString(folder.resolve("broken.yaml"), "a: [1, 2\nb: }\n");
        Path twice = Files.writeString(folder.resolve("twice.yaml"), "seed: 1\nseed: 2\n");
        for (Path file : List.of(list, broken, twice, folder.resolve("missing.yaml"))) {
            Cli result = Cli.run("synthesize", "--config", file);
            assertThat(result.code()).isEqualTo(ExitCode.BAD_FILE);
            assertThat(result.err()).startsWith("ni: " + file + ": ").hasLineCount(1);
        }
    }

    @Test
    void takesWordsAsTheyStand() throws IOException {
        SynthesisRequest request =
                parse(
                        """
                        teacher: ${HOME}/$${sys:user.name}/a.th
                        batch: &small 8
                        iterations: *small
                        classes: &some [1, 2]
                        seed: 12345678901234567
                        """);

        assertThat(request.teacher().file()).isEqualTo(Path.of("${HOME}/$${sys:user.name}/a.th"));
        assertThat(request.method().batch()).isEqualTo(8);
        assertThat(request.method().iterations()).isEqualTo(8);
        assertThat(request.quantity().classes()).containsExactly(1, 2);
        assertThat(request.seed()).isEqualTo(12345678901234567L);
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        assertRefused("seed: 1\n---\nseed: 2\n", "contains more than one YAML document");
        assertRefused("seed: 1\nseed: 2\n", "line 2, column 1: 'seed' is set twice");
        assertRefused("seed: " + "1".repeat(2 << 20), "is larger than 1 MB");
        assertRefused("{\"seed\": " + "1".repeat(2 << 20) + "}", "is larger than 1 MB");
        assertRefused("seed: *other", "undefined alias other");
        assertRefused("", "is not a YAML mapping");

        Path folderItself = Files.createDirectory(folder.resolve("settings"));
        assertThat(Cli.run("synthesize", "--config", folderItself).err())
                .isEqualTo(
                        "ni: %s: is a folder, expected a file of settings\n"
                                .formatted(folderItself));
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("/none/such"));
        assertThat(Cli.run("synthesize", "--config", link).err())
                .contains("cannot be read: it is a broken link to /none/such");
    }

    @Test
    void saysSoOfWhatIsNoText() throws IOException {
        Path file = Files.write(folder.resolve("refused.yaml"), new byte[] {'a', -1, -2, 'b'});
        assertThat(Cli.run("synthesize", "--config", file).err())
                .isEqualTo(
                        "ni: %s: cannot be read as YAML: it is not text in UTF-8\n"
                                .formatted(file));
    }

    @Test
    void takesNoListsWithinLists() throws IOException {
        for (String list : List.of("[[1], [2]]", "[1, {a: 2}]", "[1, ~]")) {
            Path file = Files.writeString(folder.resolve("run.yaml"), "classes: " + list + "\n");
            Cli result = Cli.run("synthesize", "--config", file);
            assertThat(result.code()).isEqualTo(ExitCode.USAGE);
            assertThat(result.err()).contains("classes must be a value or a list of values");
        }
    }

    @Test
    void namesSoManyMistakesAsOneReads() throws IOException {
        StringBuilder settings = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            settings.append("unheard-of-").append(i).append(": 1\n");
        }
        Path file = Files.writeString(folder.resolve("run.yaml"), settings);
        assertThat(Cli.run("synthesize", "--config", file).err())
                .contains("unheard-of-9'", "; and 990 more")
                .doesNotContain("unheard-of-10'");
        Path word = Path.of("x".repeat(100_000));
        assertThat(Cli.run("synthesize", "--backend", word).err())
                .hasSizeLessThan(2000)
                .contains("more characters)")
                .hasLineCount(1);
    }

    private void assertRefused(String content, String message) throws IOException {
        Path file = Files.writeString(folder.resolve("refused.yaml"), content);
        Cli result = Cli.run("synthesize", "--config", file);
        assertThat(result.code()).isEqualTo(ExitCode.BAD_FILE);
        assertThat(result.err()).startsWith("ni: " + file + ": ").contains(message).hasLineCount(1);
    }

    @Test
    void aNegatedSettingIsTrueOrFalse() throws IOException {
        Path file = Files.writeString(folder.resolve("run.yaml"), "no-ftp: yes\n");
        assertThat(Cli.run("synthesize", "--config", file).err())
                .contains("no-ftp must be true or false, not \"yes\"");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void readsPipes() throws Exception {
        String command =
                "echo 'iterations: x' | %s; %s <(echo 'batch: y')"
                        .formatted(
                                Child.quoted(
                                        Child.java(
                                                Main.class,
                                                "synthesize",
                                                "--config",
                                                "/dev/stdin")),
                                Child.quoted(Child.java(Main.class, "synthesize", "--config")));
        Process bash = Child.start(List.of("bash", "-c", command));
        assertThat(new String(bash.getInputStream().readAllBytes(), UTF_8))
                .containsSubsequence(
                        "/dev/stdin: ", "'x' is not an int", "/dev/fd/", "'y' is neither a number");
    }

    /** What the command makes of a file and flags. */
    private SynthesisRequest parse(String yaml, String... flags) throws IOException {
        Path file = Files.writeString(folder.resolve("settings.yaml"), yaml);
        List<String> words = new ArrayList<>(List.of("--config", file.toString()));
        words.addAll(Arrays.asList(flags));
        List<SynthesisRequest> requests = new ArrayList<>();
        Cli.with(
                request -> {
                    requests.add(request);
                    throw new IllegalStateException("seen enough");
                },
                words.toArray(String[]::new));
        assertThat(requests).hasSize(1);
        return requests.get(0);
    }
}

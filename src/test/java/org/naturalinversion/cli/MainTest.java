package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Help, and how the program refuses what makes no sense: one line, and the right exit code. */
class MainTest {
    @TempDir Path folder;
    private Path teacher;

    @BeforeEach
    void makeAFileThatIsNoTeacher() throws IOException {
        teacher = Files.writeString(folder.resolve("teacher.th"), "not a model");
    }

    @Test
    void printsHelpWhenBare() {
        Cli bare = Cli.run();
        assertThat(bare.code()).isZero();
        assertThat(bare.out()).contains("Usage: ni", "synthesize");
        assertThat(bare.err()).isEmpty();
        assertThat(Cli.run("--help").out()).isEqualTo(bare.out());
    }

    @Test
    void printsItsVersion() {
        assertThat(Cli.run("--version").out()).startsWith("NaturalInversion ");
    }

    @Test
    void showsOptionsBySubjectAndAnExample() {
        Cli help = Cli.run("synthesize", "--help");
        assertThat(help.code()).isZero();
        assertThat(help.out())
                .containsSubsequence(
                        "Classifier:", "--teacher", "Images:", "--per-class", "Method:", "--preset")
                .containsSubsequence("Output:", "--out", "Machine:", "--backend", "Program:")
                .contains("--[no-]ftp", "Example:", "f32, bf16")
                .containsPattern("imagenet,\\s+cifar10, mnist, fashion-mnist, none");
        assertThat(help.out().lines()).allMatch(line -> line.length() <= 80);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "syntesize                        | no command 'syntesize' (did you mean synthesize?)",
                "--verison                        | no option '--verison' (did you mean --version?)",
                "synth                            | no command 'synth' (did you mean synthesize?)",
                "help synth                       | no command 'synth' (did you mean synthesize?)",
                "man syntesize                    | no command 'syntesize' (did you mean synthesize?)",
                "synthesize --iter=3              | no option '--iter' (did you mean --iterations?)",
                "synthesize --itertions=3         | no option '--itertions' (did you mean --iterations?)",
                "synthesize --teacher x y         | unexpected argument 'y'",
                "synthesize --teacher builtin:x   | there is no builtin:x",
                "synthesize --batch               | missing required parameter for option '--batch'",
                "synthesize --batch ten           | invalid value for option '--batch': 'ten'",
                "synthesize --batch 0             | batch must be at least 1, not 0",
                "synthesize --batch fit           | 'fit' is neither a number nor auto",
                "synthesize --concurrent 0        | concurrent must be at least 1, not 0",
                "synthesize --images -3           | images must be at least 1, not -3",
                "synthesize --images 100000001   | --images must be at most 100,000,000, not 100,000,001",
                "synthesize --per-class 20000000  | makes 200,000,000 images, more than 100,000,000 in one run",
                "synthesize --per-class 0         | per-class must be at least 1, not 0",
                "synthesize --threads 0           | --threads must be from 1 to 1024, not 0",
                "synthesize --input-size 0        | input-size must be at least 1, not 0",
                "synthesize --lr-ftp NaN          | lr-ftp must be more than 0, not NaN",
                "synthesize --tv-weight -1        | tv-weight must be 0 or more, not -1.0",
                "synthesize --generator-width 1   | generator-width must be at least 2",
                "synthesize --classes 1,-2        | classes must be 0 or more",
                "synthesize --classes 1,1         | classes must not repeat",
                "synthesize --images 1 --per-class 1 | --images and --per-class cannot be combined",
                "synthesize --precision f16       | expected one of [f32, tf32, bf16] but was 'f16'",
                "synthesize --normalize x         | expected one of [imagenet, cifar10, mnist, fashion-mnist, none]",
                "synthesize --mean 1,2 --std 1    | mean and std need one number per channel each",
                "synthesize --mean 1 --std 0      | std positive",
                "synthesize --mean 1              | --mean and --std must be given together",
                "synthesize --mean 1 --std 1 --normalize none | normalize cannot be combined with --mean",
                "synthesize --preset papr-cifar10 | no preset 'papr-cifar10' (did you mean paper-cifar10?)",
                "synthesize --method x            | no method 'x' (choose one of deepinversion, naturalinversion)",
                "synthesize --resume              | --resume needs --out",
                "evaluate --teacher x             | data is missing",
                "evaluate --limit 0               | limit must be at least 1, not 0",
                "doctor --only Conv2               | no comparison 'Conv2' (did you mean Conv2d?)",
                "doctor --only Add --golden x --teacher y | --golden and --only cannot be combined",
                "doctor --golden x                 | --golden and --teacher must be given together",
                "synthesize --cuda-path /none/such | cuda-path: there is no folder /none/such",
                "bench --batch 0                   | batch must be at least 1, not 0",
                "bench --batch 2000000000          | --batch must be at most 1,048,576",
                "inspect x --batch 2000000000      | --batch must be at most 1,048,576",
                "synthesize --batch 2000000000     | --batch must be at most 1,048,576",
                "synthesize --latent 2000000000    | --latent must be at most 65,536",
                "synthesize --generator-width 2000000000 | --generator-width must be at most 65,536",
                "synthesize --per-class 999999999  | --per-class 999999999 makes 9,999,999,990 images",
                "evaluate --batch 0               | batch must be at least 1, not 0",
            })
    void refusesWhatMakesNoSense(String arguments, String message) {
        assertRefused(Cli.line(arguments), ExitCode.USAGE, message);
    }

    @Test
    void namesEveryProblemAtOnce() {
        assertRefused(
                Cli.line("synthesize --batch=x --iterations=0 --lr-acs=0 --threads=-1 --foo"),
                ExitCode.USAGE,
                "'x' is neither a number nor auto",
                "--foo",
                "iterations must",
                "lr-acs must",
                "threads must");
    }

    @Test
    void refusesBadFoldersBeforeAnythingElse() throws IOException {
        Path full = Files.createDirectory(folder.resolve("full"));
        Files.writeString(full.resolve("mine"), "");

        assertRefused(
                synthesize("--out", full), ExitCode.USAGE, full + " contains files, but no run");
        assertRefused(
                synthesize("--out", teacher), ExitCode.USAGE, teacher + " is a file, not a folder");
        assertRefused(
                synthesize("--out", teacher.resolve("run")), ExitCode.USAGE, "cannot be made");
        assertThat(full.toFile().list()).containsExactly("mine");
    }

    @Test
    void refusesFilesThatAreNoClassifiers() {
        assertRefused(synthesize("--arch", "resnet20-cifar"), ExitCode.BAD_FILE, teacher + ": ");
        assertRefused(
                Cli.run(
                        "synthesize",
                        "--teacher",
                        folder.resolve("nil"),
                        "--arch",
                        "resnet20-cifar"),
                ExitCode.BAD_FILE,
                "nil: no such file");
        assertThat(folder.toFile().list()).containsExactly("teacher.th");
    }

    @Test
    void showsWhereOnlyIfAsked() {
        assertThat(synthesize("--arch", "resnet20-cifar", "-v").err())
                .contains("\tat org.naturalinversion");
    }

    private Cli synthesize(Object... more) {
        Object[] all = new Object[more.length + 3];
        all[0] = "synthesize";
        all[1] = "--teacher";
        all[2] = teacher;
        System.arraycopy(more, 0, all, 3, more.length);
        return Cli.run(all);
    }

    private static void assertRefused(Cli result, int code, String... messages) {
        assertThat(result.err()).contains(messages);
        assertThat(result.err().lines().filter(line -> line.startsWith("ni: "))).hasSize(1);
        assertThat(result.err()).doesNotContain("\tat ");
        assertThat(result.code()).isEqualTo(code);
        assertThat(result.out()).isEmpty();
    }
}

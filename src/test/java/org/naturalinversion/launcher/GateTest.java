package org.naturalinversion.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.Jvm;

/**
 * The first minutes on a real device, rehearsed: whatever becomes of the programs that the gate
 * runs, its report and its archive are there, and every step has the time that is its own.
 */
@Tag("device")
class GateTest {
    private static final Path FAKE = Path.of("src/test/resources/gate/fake").toAbsolutePath();
    private static final long MOST_BYTES = 16_000_000;

    /** Seconds that no other program sleeps. */
    private static final String SLEEP = "98765";

    private static final List<String> OWN_TIME =
            List.of(
                    "machine",
                    "ops",
                    "convolutions",
                    "golden",
                    "iteration",
                    "kernels",
                    "peers",
                    "memcheck");

    @TempDir private Path folder;

    /** A row of the report's table. */
    private record Row(String fate, double seconds, double most) {}

    @BeforeEach
    void needsPython() throws Exception {
        boolean there =
                Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                        .anyMatch(place -> Files.isExecutable(Path.of(place, "python3")));
        assumeThat(there).as("python3 is on the PATH").isTrue();
        Path programs = Files.createDirectory(folder.resolve("bin"));
        for (String name :
                List.of("ni", "python", "nvidia-smi", "nvcc", "ncu", "compute-sanitizer")) {
            Files.copy(FAKE, programs.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    @Test
    void everyStepIsTaken() throws Exception {
        Process gate = start("ok", 60);
        end(gate, 60);

        Map<String, Row> rows = rows();
        assertThat(rows.keySet()).containsAll(OWN_TIME);
        OWN_TIME.forEach(step -> assertThat(rows.get(step).fate()).as(step).isEqualTo("ok"));
        assertThat(report())
                .contains("It ran to the end.", "Product Name", "a case bf16 on fake")
                .contains("2 kernels, 0.002 ms")
                .containsPattern("tuned +bf16 +2.000 +1.00");
        assertThat(archived())
                .containsKeys(
                        "gate/report.md",
                        "gate/clocks.csv",
                        "gate/kernels.csv",
                        "gate/choices/naturalinversion/cudnn-9-fake.properties");
    }

    @Test
    void whatHangsTakesNobodysTime() throws Exception {
        long begin = System.nanoTime();
        Process gate = start("hang", 16);
        end(gate, 60);

        assertThat((System.nanoTime() - begin) / 1e9).isLessThan(16 + 5);
        assertThat(gate.exitValue()).isEqualTo(1);
        Map<String, Row> rows = rows();
        for (String step : OWN_TIME) {
            Row row = rows.get(step);
            assertThat(row.fate()).as(step).isNotEqualTo("ok").isNotEqualTo("no time left");
        }
        assertThat(rows.get("iteration").fate()).contains("took too long");
        assertThat(rows.get("memcheck").most()).isGreaterThanOrEqualTo(0.9);
        assertThat(archived()).containsKey("gate/report.md");
        assertThat(ProcessHandle.allProcesses())
                .noneMatch(
                        process ->
                                process.info()
                                        .commandLine()
                                        .filter(line -> line.endsWith("sleep " + SLEEP))
                                        .isPresent());
    }

    @Test
    void whatCrashesOrFailsIsSaid() throws Exception {
        end(start("crash", 60), 60);
        assertThat(rows().get("iteration").fate()).contains("crashed (SIGSEGV)");
        assertThat(archived()).containsKey("gate/iteration.json.err");
        folder = Files.createDirectories(folder.resolve("again"));
        needsPython();

        end(start("fail", 60), 60);
        assertThat(rows().get("iteration").fate()).contains("exit code 3");
        assertThat(report()).contains("### iteration.json: exit code 3\n\n```\nni fails");
    }

    /** However much programs print, the archive can be brought home. */
    @Test
    void theArchiveIsNeverTooLarge() throws Exception {
        String[] steps = {
            "--only=curve", "--only=no graphs", "--only=other cases", "--only=all engines"
        };
        end(gate("flood", 120, steps).start(), 120);
        assertThat(archived().get("gate/report.md")).isPositive();
        assertThat(report()).contains("No room in the archive for ");
    }

    /** What was known when the gate was killed is there, whole. */
    @Test
    void whatWasFoundOutlivesTheGate() throws Exception {
        Process gate = start("ok", 60);
        Path report = folder.resolve("out/report.md");
        while (!Files.exists(report) || !Files.readString(report).contains("| ops | ok |")) {
            assertThat(gate.isAlive()).isTrue();
            Thread.sleep(20);
        }
        List<ProcessHandle> started = gate.descendants().toList();
        gate.destroyForcibly().waitFor();
        started.forEach(ProcessHandle::destroyForcibly);

        assertThat(report()).contains("It has not ended");
        assertThat(archived()).containsKey("gate/doctor-first.txt");
    }

    /** The real program on the simulated device, which one kernel loses. */
    @Test
    void aLostDeviceCostsOneOp() throws Exception {
        List<String> java = new ArrayList<>(Jvm.command());
        Stream.of("ni.library.path", "ni.cuda.kernels")
                .forEach(name -> java.add("-D%s=%s".formatted(name, System.getProperty(name))));
        String words = java.stream().collect(Collectors.joining("' '", "'", "'"));
        Path ni = folder.resolve("ni");
        Files.writeString(
                ni,
                """
                #!/bin/sh
                if [ "$*" = "doctor --list" ]; then
                    echo Add Multiply Pad Slice
                else
                    exec %s $NI_JAVA_OPTIONS -cp '%s' org.naturalinversion.cli.Main "$@"
                fi
                """
                        .formatted(words, System.getProperty("java.class.path")));
        assertThat(ni.toFile().setExecutable(true)).isTrue();

        ProcessBuilder builder = gate("ok", 2400, "--only", "ops");
        builder.environment().put("NI", ni.toString());
        builder.environment().put("NI_SIM_BROKEN", "multiply");
        end(builder.start(), 240);

        assertThat(rows().get("ops").fate())
                .contains("doctor-ops-f32-1.txt: the device was lost in Multiply")
                .contains("doctor-ops-f32-2.txt: the device was lost in Multiply");
        // Waiting for each kernel names it; what comes behind is right.
        assertThat(report())
                .containsPattern("WRONG Multiply.*multiply\\(0, .*illegal memory access")
                .doesNotContainPattern("WRONG (?!Multiply)");
        assertThat(archived()).containsKey("gate/doctor-ops-f32-3.txt");
        assertThat(content("gate/doctor-ops-f32-3.txt"))
                .containsPattern("Pad f32 .* ok\n *Slice f32 .* ok\n")
                .doesNotContain("Multiply");
    }

    // ---- the gate and what it leaves ----

    private ProcessBuilder gate(String fake, int seconds, String... more) {
        List<String> words = new ArrayList<>(List.of("python3", "benchmarks/gpu-gate"));
        words.add(folder.resolve("out").toString());
        words.addAll(List.of("--small", "--python", folder.resolve("bin/python").toString()));
        words.addAll(List.of(more));
        ProcessBuilder builder =
                new ProcessBuilder(words)
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("said").toFile());
        Map<String, String> environment = builder.environment();
        environment.put("NI", folder.resolve("bin/ni").toString());
        environment.put("PATH", folder.resolve("bin") + File.pathSeparator + System.getenv("PATH"));
        environment.put("TMPDIR", folder.toString());
        environment.put("BUDGET", Integer.toString(seconds));
        environment.put("FAKE", fake);
        environment.put("FAKE_SLEEP", SLEEP);
        return builder;
    }

    private Process start(String fake, int seconds) throws IOException {
        return gate(fake, seconds).start();
    }

    private void end(Process gate, int seconds) throws Exception {
        boolean ended = gate.waitFor(seconds, TimeUnit.SECONDS);
        gate.destroyForcibly();
        assertThat(ended).as(Files.readString(folder.resolve("said"))).isTrue();
    }

    private String report() throws IOException {
        return Files.readString(folder.resolve("out/report.md"));
    }

    private Map<String, Row> rows() throws IOException {
        Map<String, Row> rows = new LinkedHashMap<>();
        Matcher row =
                Pattern.compile("(?m)^\\| ([a-z ]+) \\| (.+?) \\| ([0-9.]*) \\| ([0-9.]*) \\|$")
                        .matcher(report());
        while (row.find()) {
            rows.put(
                    row.group(1),
                    new Row(row.group(2), number(row.group(3)), number(row.group(4))));
        }
        assertThat(rows.values())
                .allSatisfy(r -> assertThat(r.seconds()).isLessThanOrEqualTo(r.most() + 1.5));
        return rows;
    }

    private static double number(String text) {
        return text.isEmpty() ? 0 : Double.parseDouble(text);
    }

    /** The archive's files and their sizes; fails unless it is whole and small enough. */
    private Map<String, Long> archived() throws Exception {
        Path archive = folder.resolve("out/gate.tgz");
        assertThat(archive).exists();
        assertThat(Files.size(archive)).isLessThan(MOST_BYTES);
        assertThat(folder.resolve("out").toFile().list())
                .containsExactlyInAnyOrder("gate.tgz", "report.md");
        Map<String, Long> files = new LinkedHashMap<>();
        for (String line : tar("-tvzf").split("\n", -1)) {
            String[] cells = line.strip().split(" +", 6);
            if (cells.length == 6) {
                files.put(cells[5], Long.parseLong(cells[2]));
            }
        }
        return files;
    }

    private String content(String name) throws Exception {
        return tar("-xOzf", name);
    }

    private String tar(String what, String... names) throws Exception {
        List<String> words = new ArrayList<>(List.of("tar", what));
        words.add(folder.resolve("out/gate.tgz").toString());
        words.addAll(List.of(names));
        Process tar = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(tar.waitFor()).as(said).isZero();
        return said;
    }
}

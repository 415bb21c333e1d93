package org.naturalinversion.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.naturalinversion.Jvm;

/**
 * What the program does when the device is not as it should be: one clear line, the right exit
 * code, and nothing half-written. The device is the simulated one; the program runs in a process of
 * its own, since libraries are loaded but once.
 */
@Tag("device")
class FailureTest {
    private static final String SYNTHESIZE =
            "synthesize --backend cuda --quiet --batch 4 --images 8 --iterations 4 --out ";

    @TempDir private Path folder;

    /** How the program ended. */
    private record Run(int code, String out, String err) {}

    @BeforeEach
    void needsTheSimulation() {
        assertThat(System.getProperty("ni.cuda.kernels")).isNotNull();
    }

    @Test
    void worksAndGivesEverythingBack() throws Exception {
        Run run = ni(Map.of("NI_SIM_REPORT", "1"), SYNTHESIZE + folder.resolve("run"));
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(images()).hasSize(8);
    }

    @Test
    void saysThatTheDriverIsTooOld() throws Exception {
        Map<String, String> old = Map.of("NI_SIM_DRIVER", "12040");
        Run run = ni(old, SYNTHESIZE + folder.resolve("run"));
        assertThat(run.code()).isEqualTo(4);
        assertThat(run.err())
                .isEqualTo(
                        "ni: cuda is not available: the driver knows CUDA 12.4, but 13.0 or newer is needed:"
                                + " install the NVIDIA driver, version 580 or newer\n");
        assertThat(folder).isEmptyDirectory();

        String auto = "synthesize --backend auto --batch 2 --iterations 1 --out ";
        Run other = ni(old, auto + folder.resolve("run"));
        assertThat(other.code()).isZero();
        assertThat(other.err())
                .contains("not using cuda: the driver knows CUDA 12.4")
                .contains("backend cpu");
    }

    @Test
    void saysThatThereIsNoDevice() throws Exception {
        Run run = ni(Map.of("NI_SIM_DEVICES", "0"), SYNTHESIZE + folder.resolve("run"));
        assertThat(run.code()).isEqualTo(4);
        assertThat(run.err()).startsWith("ni: cuda is not available: the driver finds no device");
        assertThat(run.err().lines()).hasSize(1);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void saysHowMuchMemoryIsMissing() throws Exception {
        Run run = ni(Map.of("NI_SIM_MEMORY", "20000000"), SYNTHESIZE + folder.resolve("run"));
        assertThat(run.code()).isEqualTo(4);
        assertThat(run.err())
                .matches(
                        "ni: batch 4 needs about \\d+ MB, but only 20 MB are free \\(memory of the"
                                + " device: 20 MB\\); no smaller batch fits either\\n");
        assertThat(images()).isEmpty();
    }

    @Test
    void takesTheLargestBatchThatFits() throws Exception {
        String flags =
                "synthesize --backend cuda --batch auto --images 64 --iterations 1 --out "
                        + folder.resolve("run");
        Run none = ni(Map.of("NI_SIM_MEMORY", "200000000"), flags);
        assertThat(none.code()).isEqualTo(4);
        assertThat(none.err())
                .matches(
                        "ni: even a batch of 16 is too large: it needs about \\d+ MB, but only 200"
                                + " MB are free \\(memory of the device: 200 MB\\), .*\\n");
        assertThat(folder).isEmptyDirectory();

        Run fits = ni(Map.of("NI_SIM_MEMORY", "300000000"), flags);
        assertThat(fits.code()).isZero();
        assertThat(fits.err()).startsWith("batch 16: the largest that fits; ");
        assertThat(images()).hasSize(64);
    }

    @Test
    void makesTheSameBatchesAtOnceAsOneAfterTheOther() throws Exception {
        String flags = "synthesize --backend cuda --quiet --batch 4 --images 8 --iterations 3";
        Run one = ni(Map.of(), flags + " --out " + folder.resolve("one/run"));
        Run two =
                ni(
                        Map.of("NI_SIM_REPORT", "1"),
                        flags + " --concurrent 2 --out " + folder.resolve("two/run"));
        assertThat(one.code()).isZero();
        assertThat(two.err()).isEmpty();
        assertThat(two.code()).isZero();
        List<Path> images = images(folder.resolve("one"));
        assertThat(images).hasSize(8);
        for (Path image : images) {
            Path same = folder.resolve("two").resolve(folder.resolve("one").relativize(image));
            assertThat(same).hasSameBinaryContentAs(image);
        }
    }

    /** What is done by then stays, and the run goes on where the device is back. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void keepsWhatIsDoneWhenTheDeviceIsLost(int concurrent) throws Exception {
        Path out = folder.resolve("run");
        String flags = "synthesize --backend cuda --quiet --batch 4 --iterations 8";
        // Once for the choice of engines, so that the next run has nothing to try.
        assertThat(ni(Map.of(), flags + " --out " + folder.resolve("other")).code()).isZero();
        Run run =
                ni(
                        Map.of("NI_SIM_LOST_AFTER", "6500"),
                        flags + " --images 12 --concurrent " + concurrent + " --out " + out);
        assertThat(run.err()).matches("ni: cuda\\w+: cudaErrorIllegalAddress .* for .*\\n");
        assertThat(run.code()).isEqualTo(1);
        assertThat(images()).hasSizeBetween(1, 11);
        assertThat(Files.readString(out.resolve("manifest.json"))).contains("\"finished\"");

        Run again = ni(Map.of(), "synthesize --backend cuda --quiet --resume --out " + out);
        assertThat(again.err()).isEmpty();
        assertThat(again.code()).isZero();
        assertThat(images()).hasSize(12);
    }

    /** What was found stays, in both forms, and the rest is not said to be wrong. */
    @Test
    void theDoctorStopsWhenTheDeviceIsLost() throws Exception {
        Path json = folder.resolve("doctor.json");
        String line = "doctor --backend cuda --only Add,Linear,Multiply,Slice --json-out " + json;
        Run run = ni(Map.of("NI_SIM_BROKEN", "multiply"), line);

        assertThat(run.code()).as(run.err()).isEqualTo(5);
        assertThat(run.out())
                .containsPattern("Add f32 .* ok\n")
                .containsPattern("Linear f32 .* ok\n")
                .containsPattern("Multiply f32 .* WRONG Multiply.*cudaErrorIllegalAddress")
                .contains("the device is lost; not run: Slice f32, Add tf32, Linear tf32,")
                .doesNotContainPattern("Slice f32 .*WRONG")
                .endsWith("1 out of tolerance\n");
        assertThat(Files.readString(json))
                .contains("\"lost\":true", "\"not_run\":[\"Slice f32\",\"Add tf32\"");
    }

    /** Who waits for every kernel learns which one it was, and of what. */
    @Test
    void aKernelThatIsWaitedForIsNamed() throws Exception {
        String line = "doctor --backend cuda --precision f32 --only Multiply";
        Map<String, String> blocking = Map.of("CUDA_LAUNCH_BLOCKING", "1");
        assertThat(ni(blocking, line).out()).endsWith("all within tolerance\n");

        Map<String, String> broken = new HashMap<>(blocking);
        broken.put("NI_SIM_BROKEN", "multiply");
        Run run = ni(broken, line);
        assertThat(run.code()).isEqualTo(5);
        assertThat(run.out())
                .containsPattern(
                        "WRONG Multiply.*BackendException: multiply\\(0, .*illegal memory access");
    }

    /** Without cuDNN's engines our own kernels compute all convolutions, as right. */
    @Test
    void canDoWithoutEngines() throws Exception {
        String line = "doctor --backend cuda --precision f32 --only Conv2d";
        Map<String, String> broken = Map.of("NI_SIM_FAIL", "cudnnBackendExecute:1:4000");
        assertThat(ni(broken, line).code()).isEqualTo(1);
        Run run = ni(broken, line, "-Dni.cuda.engines=off");
        assertThat(run.out()).endsWith("all within tolerance\n");
        assertThat(run.code()).isZero();
    }

    /** A call that fails where handles are made must not leave any behind. */
    @Test
    void givesBackWhatAFailedStartHasMade() throws Exception {
        for (String fault :
                List.of(
                        "cudnnCreate:1:1001",
                        "cudaGraphLaunch:2:719",
                        "cudaGraphInstantiate:1:2",
                        "cublasLtMatmulAlgoGetHeuristic:1:15",
                        "cudnnBackendExecute:40:4000")) {
            Run run =
                    ni(
                            Map.of("NI_SIM_FAIL", fault, "NI_SIM_REPORT", "1"),
                            SYNTHESIZE + folder.resolve(fault.replace(':', '-') + "/run"));
            assertThat(run.code()).as(fault + run.err()).isIn(1, 4);
            assertThat(run.err().lines()).as(fault).hasSize(1);
            assertThat(images(folder.resolve(fault.replace(':', '-')))).as(fault).isEmpty();
        }
    }

    private List<Path> images() throws IOException {
        return images(folder);
    }

    private static List<Path> images(Path folder) throws IOException {
        Path images = folder.resolve("run/images");
        if (!Files.exists(images)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(images)) {
            return files.filter(f -> f.toString().endsWith(".png")).toList();
        }
    }

    private Run ni(Map<String, String> environment, String line, String... options)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(Jvm.command());
        System.getProperties().stringPropertyNames().stream()
                .filter(p -> p.startsWith("ni.") || p.startsWith("org.bytedeco."))
                .forEach(p -> command.add("-D" + p + "=" + System.getProperty(p)));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add("org.naturalinversion.cli.Main");
        command.addAll(Arrays.asList(line.split(" ", -1)));
        Path out = Files.createTempFile("ni", ".out");
        Path err = Files.createTempFile("ni", ".err");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        // A device that is lost says so itself, too.
        String said =
                Files.readString(err, StandardCharsets.UTF_8)
                        .replaceAll("(?m)^simulation: the device is lost.*\\n", "");
        return new Run(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8), said);
    }
}

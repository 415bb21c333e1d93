package org.naturalinversion.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.naturalinversion.app.Backends;
import org.naturalinversion.graph.Engine;

/** Convolutions and products on every instruction set below the machine's best. */
class InstructionSetsTest {
    /**
     * A level of oneDNN's and one of ours.
     *
     * @param flag that /proc/cpuinfo lists where both can run
     */
    private record Level(String oneDnn, String kernels, String flag) {}

    private static final List<Level> LEVELS =
            List.of(
                    new Level("SSE41", "v2", "sse4_2"),
                    new Level("AVX2", "v3", "avx2"),
                    new Level("AVX512_CORE", "v4", "avx512vl"),
                    new Level("AVX512_CORE_BF16", "v4bf16", "avx512_bf16"));

    static Stream<Level> levels() throws IOException {
        List<String> flags = flags();
        return LEVELS.stream().filter(level -> flags.contains(level.flag()));
    }

    @ParameterizedTest
    @MethodSource("levels")
    void computeWhatTheyShould(Level level) throws Exception {
        String words = "doctor --backend cpu --only Conv2d,Linear";
        ProcessBuilder builder =
                new ProcessBuilder(Child.java(Main.class, (Object[]) words.split(" ", -1)))
                        .redirectErrorStream(true);
        builder.environment().put("ONEDNN_MAX_CPU_ISA", level.oneDnn());
        builder.environment().put("NI_ISA", level.kernels());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("kernels " + level.kernels() + "\n", "all within tolerance");
    }

    /** In the run of tests that is meant for it, AMX is there, simulated if need be. */
    @Test
    @Tag("amx")
    void amxIsThereWhereItCanBeSimulated() throws IOException {
        boolean simulated = "simulated".equals(System.getProperty("ni.amx"));
        assertThat(isLoaded("libamx.so") || !simulated)
                .as("libamx.so is loaded in the run with simulated AMX")
                .isTrue();
        boolean there =
                flags().contains("amx_bf16") || simulated && flags().contains("avx512_bf16");
        boolean allowed = !System.getenv().containsKey("ONEDNN_MAX_CPU_ISA");
        try (Engine engine = Backends.open("cpu", 0)) {
            assertThat(engine.description().versions().get("instructions").contains("amx"))
                    .isEqualTo(there && allowed);
        }
        assumeTrue(
                there || !simulated,
                "this run has no AMX, as the processor has no AVX-512 with bfloat16");
    }

    @Test
    void theSimulationComputesTilesAndLeavesTheRest() throws Exception {
        Process process = Child.start(List.of("target/simulation/amx/amx-check"));
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).isEmpty();
    }

    private static boolean isLoaded(String library) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps"), UTF_8).stream()
                .anyMatch(line -> line.endsWith("/" + library));
    }

    private static List<String> flags() throws IOException {
        Path cpuinfo = Path.of("/proc/cpuinfo");
        return Files.readAllLines(cpuinfo, UTF_8).stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> List.of(line.split(" ", -1)))
                .orElse(List.of());
    }
}

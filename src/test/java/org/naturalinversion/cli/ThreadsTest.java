package org.naturalinversion.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that OpenMP does not give, and numbers of them that nobody can give. */
class ThreadsTest {
    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({"OMP_THREAD_LIMIT,1", "OMP_DYNAMIC,true", "OMP_MAX_ACTIVE_LEVELS,0"})
    void runsOnTheThreadsThatThereAre(String variable, String value) throws Exception {
        Path log = folder.resolve("log");
        Process process = start(variable, value, log);
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("it ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(log, UTF_8)).isZero();
        assertThat(folder.resolve("run/manifest.json")).exists();
    }

    @ParameterizedTest
    @ValueSource(ints = {100_000, 1025, 0})
    void refusesNumbersThatNobodyCanGive(int threads) {
        Cli result = Cli.line("doctor --threads " + threads);
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(result.err()).contains("threads must be from 1 to 1024, not " + threads);
    }

    @Test
    void givesAsManyAsItMay() {
        assertThat(Cli.line("doctor --backend cpu --only Add --threads 1024").code()).isZero();
    }

    /** Weight gradients in bf16: each thread waits there for all that were promised. */
    private Process start(String variable, String value, Path log) throws IOException {
        String words =
                "synthesize --backend cpu --batch 8 --images 8 --iterations 1 --threads 2"
                        + " --precision bf16 --out";
        List<String> command = Child.java(Main.class, (Object[]) words.split(" ", -1));
        command.add(folder.resolve("run").toString());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put(variable, value);
        builder.environment().put("OMP_NUM_THREADS", "2");
        return builder.redirectErrorStream(true).redirectOutput(Redirect.to(log.toFile())).start();
    }
}

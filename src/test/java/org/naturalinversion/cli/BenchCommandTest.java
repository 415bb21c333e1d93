package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Timing, as short as it can be. */
class BenchCommandTest {
    @TempDir Path folder;

    private static Cli bench(Object... more) {
        Object[] words = new Object[more.length + 4];
        System.arraycopy(more, 0, words, 4, more.length);
        words[0] = "bench";
        words[1] = "--backend=cpu";
        words[2] = "--batch=2";
        words[3] = "--iterations=1";
        return Cli.run(words);
    }

    @Test
    void addsARowForEachRun() throws IOException {
        Path csv = folder.resolve("figures.csv");

        Cli machines = bench("--csv", csv, "--json");
        Cli people = bench("--csv", csv, "--precision=bf16");

        assertThat(machines.code()).as(machines.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(machines.out());
        assertThat(result.path("case").textValue()).isEqualTo("resnet20-b2");
        assertThat(result.path("median_ms").doubleValue())
                .isGreaterThanOrEqualTo(result.path("min_ms").doubleValue());
        assertThat(result.path("table")).isNotEmpty();
        JsonNode row = result.path("table").path(0);
        assertThat(row.path("share_of_floor").doubleValue())
                .isEqualTo(
                        row.path("floor_milliseconds").doubleValue()
                                / row.path("milliseconds").doubleValue());
        assertThat(people.code()).as(people.err()).isZero();
        assertThat(people.out()).contains("resnet20-b2 bf16 on cpu", "share of floor");
        List<String> lines = Files.readAllLines(csv);
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0))
                .startsWith("case,precision,backend,device,threads,median_ms,")
                .endsWith(",share_of_peak,peak_memory_bytes,versions");
        assertThat(lines.get(1)).startsWith("resnet20-b2,f32,cpu,").contains("oneDNN ", "; ");
        assertThat(lines.get(2)).startsWith("resnet20-b2,bf16,cpu,");
        assertThat(folder.toFile().list()).containsExactly("figures.csv");
    }

    @Test
    void touchesNoOtherTable() throws IOException {
        Path other = Files.writeString(folder.resolve("other.csv"), "a,b\n1,2\n");

        assertUsage(bench("--csv", other), "other.csv has other columns");
        assertUsage(bench("--csv", folder.resolve("nil/x.csv")), "there is no folder");
        assertUsage(bench("--csv", folder), "is not a regular file");
        assertThat(other).hasContent("a,b\n1,2\n");
    }

    private static void assertUsage(Cli result, String message) {
        assertThat(result.code()).isEqualTo(ExitCode.USAGE);
        assertThat(result.err()).contains("csv: ", message);
    }
}

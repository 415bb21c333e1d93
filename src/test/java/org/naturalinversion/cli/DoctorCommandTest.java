package org.naturalinversion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.naturalinversion.app.Backends;
import org.naturalinversion.app.Doctor;
import org.naturalinversion.backend.BackendProvider;

/** The machine, examined. */
class DoctorCommandTest {
    @Test
    void saysAllOfABackend() throws IOException {
        Cli doctor = Cli.line("doctor --backend cpu --precision f32 --json");

        assertThat(doctor.code()).as(doctor.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(doctor.out());
        assertThat(result.path("ok").booleanValue()).isTrue();
        assertThat(result.path("backends")).hasSize(1);
        JsonNode cpu = result.path("backends").path(0);
        assertThat(cpu.path("name").textValue()).isEqualTo("cpu");
        assertThat(cpu.path("versions").has("oneDNN")).isTrue();
        assertThat(cpu.path("files").isObject()).isTrue();
        assertThat(cpu.path("peaks")).hasSize(1);
        for (String peak : List.of("flops", "cache_bandwidth", "memory_bandwidth")) {
            assertThat(cpu.path("peaks").path("f32").path(peak).doubleValue()).isGreaterThan(1e8);
        }
        List<String> names = new ArrayList<>();
        for (JsonNode check : cpu.path("checks")) {
            names.add(check.path("name").textValue());
            assertThat(check.path("error").doubleValue())
                    .isLessThanOrEqualTo(check.path("tolerance").doubleValue());
        }
        assertThat(names)
                .contains("run f32 iteration 1: bn", "run f32 iteration 6: images")
                .containsAll(
                        Doctor.subjects().stream()
                                .filter(subject -> !subject.equals("run"))
                                .map(subject -> subject + " f32")
                                .toList());
    }

    @Test
    void comparesOnlyWhatIsAskedForInEveryPrecision() throws IOException {
        Cli doctor = Cli.line("doctor --backend cpu --only Multiply,Add --json -v");

        assertThat(doctor.code()).as(doctor.err()).isZero();
        JsonNode cpu = new ObjectMapper().readTree(doctor.out()).path("backends").path(0);
        List<String> names = new ArrayList<>();
        cpu.path("checks").forEach(check -> names.add(check.path("name").textValue()));
        assertThat(names)
                .containsExactly(
                        "Add f32",
                        "Multiply f32",
                        "Add tf32",
                        "Multiply tf32",
                        "Add bf16",
                        "Multiply bf16");
        assertThat(cpu.path("peaks")).isEmpty();
        assertThat(doctor.err()).contains("Multiply bf16: Multiply");
    }

    @Test
    void oneRunWritesBothForms(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("doctor.json");
        Cli doctor = Cli.run("doctor", "--backend=cpu", "--only=Add", "--json-out", file);

        assertThat(doctor.code()).as(doctor.err()).isZero();
        assertThat(doctor.out())
                .contains("Add f32 ", "Add tf32 ", "Add bf16 ")
                .endsWith("all within tolerance\n");
        JsonNode cpu = new ObjectMapper().readTree(file.toFile()).path("backends").path(0);
        assertThat(cpu.path("checks")).hasSize(3);
        assertThat(cpu.path("lost").booleanValue()).isFalse();
        assertThat(cpu.path("not_run")).isEmpty();
        assertThat(folder.toFile().list()).containsExactly("doctor.json");

        Cli nowhere = Cli.run("doctor", "--json-out", folder.resolve("nil/doctor.json"));
        assertThat(nowhere.code()).isEqualTo(ExitCode.USAGE);
        assertThat(nowhere.err()).contains("--json-out: there is no folder");
    }

    @Test
    void listsTheNamesThatCanBeAskedFor() throws IOException {
        assertThat(Cli.line("doctor --list").out().lines()).containsAll(Doctor.subjects());
        assertThat(new ObjectMapper().readTree(Cli.line("doctor --list --json").out()))
                .hasSize(Doctor.subjects().size());
    }

    @Test
    void aBackendThatIsNotHereIsOneLine() {
        Cli doctor = Cli.line("doctor --only StopGradient --precision f32");

        assertThat(doctor.code()).as(doctor.err()).isZero();
        for (BackendProvider provider : Backends.all()) {
            String begin =
                    provider.unavailable().map(reason -> ": not available, " + reason).orElse(": ");
            assertThat(doctor.out().lines())
                    .filteredOn(line -> line.startsWith(provider.name() + begin))
                    .hasSize(1);
        }
        assertThat(doctor.out()).contains("StopGradient f32").endsWith("all within tolerance\n");
    }
}

package org.naturalinversion.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.naturalinversion.app.Doctor.Finding;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Description;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;

/** What becomes of a backend that cannot do anything. */
class ExaminationTest {
    private static final Description BROKEN =
            new Description(
                    "broken",
                    "None",
                    0,
                    Map.of(),
                    Map.of("libmoon.so", "/dev/null"),
                    List.of("the moon is avoided"));

    /** Says what it is, and nothing else. */
    private static Backend broken() {
        return (Backend)
                Proxy.newProxyInstance(
                        Backend.class.getClassLoader(),
                        new Class<?>[] {Backend.class},
                        (proxy, method, arguments) -> {
                            if (method.getName().equals("description")) {
                                return BROKEN;
                            }
                            throw new BackendException("the moon is full");
                        });
    }

    private static Doctor.Examined examine(List<String> progress, String... only) {
        Doctor.Request request =
                new Doctor.Request("broken", 0, List.of(Precision.F32), Set.of(only));
        return new Examination(new Engine(broken()), request, progress::add).run();
    }

    @Test
    void everyFailureIsAFinding() {
        List<String> progress = new ArrayList<>();

        Doctor.Examined examined = examine(progress, "Add", "Linear", "run");

        assertThat(examined.ok()).isFalse();
        assertThat(examined.files()).containsEntry("libmoon.so", "/dev/null");
        assertThat(examined.notes()).containsExactly("the moon is avoided");
        assertThat(examined.checks())
                .noneMatch(Finding::ok)
                .allMatch(finding -> finding.detail().contains("the moon is full"))
                .extracting(Finding::name)
                .containsExactly("Add f32", "Linear f32", "run f32");
        assertThat(progress).endsWith("run f32 on cpu", "run f32");
    }

    @Test
    void peaksThatCannotBeMeasuredAreFindingsToo() {
        Doctor.Examined examined = examine(new ArrayList<>());

        assertThat(examined.peaks()).isEmpty();
        assertThat(examined.checks())
                .noneMatch(Finding::ok)
                .hasSize(Doctor.subjects().size() + 1)
                .extracting(Finding::name)
                .endsWith("peak f32");
    }

    @Test
    void nothingComparedIsNotRight() {
        assertThat(Doctor.Examined.of(BROKEN, Map.of(), List.of()).ok()).isFalse();
    }
}

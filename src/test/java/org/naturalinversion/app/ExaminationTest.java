package org.naturalinversion.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.naturalinversion.app.Doctor.Finding;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Description;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.oracle.Conformance;

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

    /** What it said while it went on, a line each. */
    private final List<String> told = new ArrayList<>();

    private final Doctor.Listener listener =
            new Doctor.Listener() {
                @Override
                public void next(String what) {
                    told.add("next " + what);
                }

                @Override
                public void opened(Description backend) {
                    told.add("opened " + backend.backend());
                }

                @Override
                public void found(Finding finding) {
                    told.add("found " + finding.name());
                }

                @Override
                public void lost(List<String> notRun) {
                    told.add("lost before " + notRun);
                }
            };

    /**
     * Says what it is, and nothing else.
     *
     * @param lost whether even waiting fails
     */
    private static Backend broken(boolean lost) {
        return (Backend)
                Proxy.newProxyInstance(
                        Backend.class.getClassLoader(),
                        new Class<?>[] {Backend.class},
                        (proxy, method, arguments) ->
                                switch (method.getName()) {
                                    case "description" -> BROKEN;
                                    case "synchronize" -> {
                                        if (lost) {
                                            throw new BackendException("the moon is gone");
                                        }
                                        yield null;
                                    }
                                    default -> throw new BackendException("the moon is full");
                                });
    }

    private Doctor.Examined examine(boolean lost, String... only) {
        Doctor.Request request =
                new Doctor.Request("broken", 0, List.of(Precision.F32), Set.of(only));
        return new Examination(new Engine(broken(lost)), request, listener).run();
    }

    private static Set<String> names(Doctor.Examined examined) {
        return examined.checks().stream()
                .map(Finding::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    @Test
    void everyFailureIsAFinding() {
        Doctor.Examined examined = examine(false, "Add", "Linear", "run");

        assertThat(examined.ok()).isFalse();
        assertThat(examined.lost()).isFalse();
        assertThat(examined.notRun()).isEmpty();
        assertThat(examined.files()).containsEntry("libmoon.so", "/dev/null");
        assertThat(examined.notes()).containsExactly("the moon is avoided");
        assertThat(examined.checks())
                .noneMatch(Finding::ok)
                .allMatch(finding -> finding.detail().contains("the moon is full"));
        assertThat(names(examined)).containsExactly("Add f32", "Linear f32", "run f32");
        assertThat(told)
                .startsWith("opened broken")
                .endsWith("next run f32 on cpu", "next run f32", "found run f32");
    }

    @Test
    void everyCaseThatFailsIsTold() {
        long cases =
                Conformance.checks().stream().filter(c -> c.subject().equals("Linear")).count();

        assertThat(examine(false, "Linear").checks())
                .hasSize(Math.toIntExact(cases))
                .hasSizeGreaterThan(1);
        // Each before the next one begins.
        assertThat(told.subList(1, told.size()))
                .allSatisfy(line -> assertThat(line).matches("(next|found) Linear f32.*"))
                .filteredOn(line -> line.startsWith("found"))
                .hasSize(Math.toIntExact(cases));
        assertThat(told.get(2)).startsWith("found");
    }

    @Test
    void peaksThatCannotBeMeasuredAreFindingsToo() {
        Doctor.Examined examined = examine(false);

        assertThat(examined.peaks()).isEmpty();
        assertThat(examined.checks()).noneMatch(Finding::ok);
        assertThat(names(examined)).hasSize(Doctor.subjects().size() + 1).endsWith("peak f32");
    }

    @Test
    void aLostDeviceEndsIt() {
        Doctor.Examined examined = examine(true, "Add", "Linear", "run");

        assertThat(examined.ok()).isFalse();
        assertThat(examined.lost()).isTrue();
        assertThat(examined.checks()).hasSize(1);
        assertThat(names(examined)).containsExactly("Add f32");
        assertThat(examined.notRun()).containsExactly("Linear f32", "run f32");
        assertThat(told).endsWith("found Add f32", "lost before [Linear f32, run f32]");
        assertThat(new Doctor.Diagnosis(false, List.of(examined)).lost()).isTrue();
    }

    @Test
    void nothingComparedIsNotRight() {
        assertThat(Doctor.Examined.of(BROKEN, Map.of(), List.of()).ok()).isFalse();
    }
}

package org.naturalinversion.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.naturalinversion.TestBackends;
import org.naturalinversion.app.Backends;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.oracle.Check;
import org.naturalinversion.graph.oracle.Conformance;
import org.naturalinversion.graph.oracle.Deviation;

/** Every backend computes what the oracles say. */
@Tag("amx")
@Tag("backend")
class ConformanceTest {
    private static final List<Engine> OPENED = new ArrayList<>();

    @TestFactory
    Stream<DynamicNode> backends() {
        return TestBackends.names().stream().map(ConformanceTest::backend);
    }

    private static DynamicNode backend(String name) {
        Engine engine = Backends.open(name, 0);
        OPENED.add(engine);
        return dynamicContainer(name, Stream.of(Precision.values()).map(p -> precision(engine, p)));
    }

    private static DynamicNode precision(Engine engine, Precision precision) {
        return dynamicContainer(
                precision.toString(),
                Conformance.checks().stream().map(check -> test(engine, precision, check)));
    }

    private static DynamicNode test(Engine engine, Precision precision, Check check) {
        return dynamicTest(
                check.name(),
                () ->
                        assertThat(check.run(engine, precision))
                                .isNotEmpty()
                                .allMatch(Deviation::isTolerable));
    }

    @AfterAll
    static void close() {
        OPENED.forEach(Engine::close);
        OPENED.clear();
    }
}

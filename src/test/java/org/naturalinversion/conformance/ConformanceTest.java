package org.naturalinversion.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.naturalinversion.backend.BackendProvider;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;
import org.naturalinversion.graph.oracle.Check;
import org.naturalinversion.graph.oracle.Conformance;
import org.naturalinversion.graph.oracle.Deviation;

/**
 * Every backend that is here computes what the oracles say. {@code -Dni.require=cuda} makes the
 * absence of a backend a failure.
 */
class ConformanceTest {
    private static final List<String> REQUIRED =
            List.of(System.getProperty("ni.require", "cpu").split(",", -1));
    private static final List<Engine> OPENED = new ArrayList<>();

    @TestFactory
    Stream<DynamicNode> backends() {
        List<BackendProvider> providers = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class).forEach(providers::add);
        Stream<DynamicNode> missing =
                REQUIRED.stream()
                        .filter(name -> providers.stream().noneMatch(p -> p.name().equals(name)))
                        .map(name -> dynamicTest(name, () -> fail("there is no backend " + name)));
        return Stream.concat(missing, providers.stream().map(ConformanceTest::backend));
    }

    private static DynamicNode backend(BackendProvider provider) {
        Optional<String> reason = provider.unavailable();
        if (reason.isPresent()) {
            String text = provider.name() + " cannot be tested: " + reason.get();
            return dynamicTest(
                    provider.name(),
                    () -> {
                        assertThat(REQUIRED).as(text).doesNotContain(provider.name());
                        abort(text);
                    });
        }
        Engine engine = new Engine(provider.open(0, 0));
        OPENED.add(engine);
        return dynamicContainer(
                provider.name(), Stream.of(Precision.values()).map(p -> precision(engine, p)));
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

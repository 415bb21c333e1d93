package org.naturalinversion;

import java.util.List;
import org.naturalinversion.app.Backends;
import org.naturalinversion.graph.Engine;

/**
 * The backends that tests run on: those of the system property {@code ni.backends}, or the
 * processor. One that cannot be had is a failure.
 */
public final class TestBackends {
    private TestBackends() {}

    /** All of them. */
    public static List<String> names() {
        return List.of(System.getProperty("ni.backends", "cpu").split(",", -1));
    }

    /** Opens the first, for a test that needs one. */
    public static Engine open() {
        return Backends.open(names().get(0), 0);
    }
}

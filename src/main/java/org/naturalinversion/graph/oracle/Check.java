package org.naturalinversion.graph.oracle;

import java.util.List;
import org.naturalinversion.graph.Engine;
import org.naturalinversion.graph.Precision;

/** One comparison of an engine with what it should compute. */
public interface Check {
    /** What is compared. */
    String name();

    /** What it is about, in one word that other checks may have too: the op. */
    default String subject() {
        return name().split("[ ,:]", 2)[0];
    }

    /** Runs both and compares all tensors of the result. */
    List<Deviation> run(Engine engine, Precision precision);
}

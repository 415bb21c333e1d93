package org.naturalinversion.graph;

import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.BackendException;
import org.naturalinversion.backend.Description;
import org.naturalinversion.backend.FreeMemory;

/**
 * An opened backend, as those see it who only build and run graphs. Closing it closes the backend.
 */
public final class Engine implements AutoCloseable {
    private final Backend backend;

    public Engine(Backend backend) {
        this.backend = backend;
    }

    /** Starts the compilation of a graph. */
    public Compiler compiler(Graph graph) {
        return new Compiler(backend, graph);
    }

    /** Makes an empty set of variables, to be shared by several plans; the caller closes it. */
    public Variables variables() {
        return new Variables(backend);
    }

    /**
     * An engine that plans as this one does, to the byte, but takes no memory and computes nothing:
     * its plans tell what this one's would take. Open as long as this one.
     */
    public Engine dry() {
        return new Engine(new DryBackend(backend));
    }

    /** Memory that plans could still take. */
    public FreeMemory freeMemory() {
        return backend.freeMemory();
    }

    /**
     * Whether the device is lost: after some errors every call fails, whatever it is about, until
     * the program ends. Waits for everything that was started.
     */
    public boolean isLost() {
        try {
            backend.synchronize();
            return false;
        } catch (BackendException e) {
            return true;
        }
    }

    /** What the graphs run on. */
    public Description description() {
        return backend.description();
    }

    @Override
    public void close() {
        backend.close();
    }
}

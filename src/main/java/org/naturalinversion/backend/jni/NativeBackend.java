package org.naturalinversion.backend.jni;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.Loader;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.Buffer;

/** A backend whose work is done by native libraries. */
public abstract class NativeBackend extends Owned implements Backend {
    protected NativeBackend() {
        super(List.of());
    }

    /** Makes the calling thread ready for native calls; to be called before each of them. */
    public abstract void enter();

    /** Memory that lives as long as its owner. */
    public abstract Buffer allocate(long bytes, Owned owner);

    @Override
    public final Buffer allocate(long bytes) {
        return allocate(bytes, this);
    }

    /** What runs all of this, and what else is in use, by name. */
    protected static Map<String, String> versions(Map<String, String> libraries) {
        Map<String, String> versions = new TreeMap<>(libraries);
        versions.put("JavaCPP", javacpp());
        versions.put(
                "JVM",
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        return versions;
    }

    private static String javacpp() {
        try {
            return Loader.getVersion();
        } catch (IOException e) {
            return "unknown";
        }
    }
}

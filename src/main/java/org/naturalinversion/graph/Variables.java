package org.naturalinversion.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.backend.Backend;
import org.naturalinversion.backend.Buffer;
import org.naturalinversion.backend.Memory;

/**
 * Named memory that outlives steps and is shared by plans: parameters, moments, counters. The
 * parameters of one optimiser lie side by side, so that one call updates them all, and a snapshot
 * of them is another such block. Owned by whoever made it, freed by close.
 */
public final class Variables implements AutoCloseable {
    /**
     * The parameters of one optimiser, padded to whole cache lines.
     *
     * @param values the parameters, side by side
     * @param gradients their gradients, in the same places
     * @param best a copy of the values, in the same places
     * @param elements float32 numbers in each, padding included
     */
    public record Group(Memory values, Memory gradients, Memory best, long elements) {}

    private static final long LINE = 64;

    private final Backend backend;
    private final Map<String, Memory> memory = new LinkedHashMap<>();
    private final Map<String, Memory> gradients = new LinkedHashMap<>();
    private final Map<String, Memory> best = new LinkedHashMap<>();
    private final Map<String, Group> groups = new LinkedHashMap<>();
    private final List<Buffer> owned = new ArrayList<>();

    Variables(Backend backend) {
        this.backend = backend;
    }

    /** The memory of a name; made on first use, zero-filled. */
    Memory get(String name, long bytes) {
        Memory known = memory.computeIfAbsent(name, n -> allocate(bytes));
        if (known.bytes() != bytes) {
            throw new IllegalArgumentException(
                    "%s has %d bytes, not %d".formatted(name, known.bytes(), bytes));
        }
        return known;
    }

    /**
     * The copy of a variable's values that the optimiser keeps, or where there is none, the
     * variable itself.
     */
    Memory best(String name, long bytes) {
        return best.containsKey(name) ? best.get(name) : get(name, bytes);
    }

    /** Where the gradient of a grouped variable lies; null for others. */
    Memory gradient(String name) {
        return gradients.get(name);
    }

    /**
     * Lays variables side by side, once; the names must be new or have been grouped the same way.
     *
     * @param sizes bytes of each
     * @param snapshot whether there is to be room for a copy
     */
    Group group(String name, Map<String, Long> sizes, boolean snapshot) {
        return groups.computeIfAbsent(
                name,
                n -> {
                    long bytes = sizes.values().stream().mapToLong(Variables::padded).sum();
                    Group group =
                            new Group(
                                    allocate(bytes),
                                    allocate(bytes),
                                    snapshot ? allocate(bytes) : null,
                                    bytes / 4);
                    long offset = 0;
                    for (Map.Entry<String, Long> entry : sizes.entrySet()) {
                        long size = entry.getValue();
                        if (memory.put(entry.getKey(), group.values().slice(offset, size))
                                != null) {
                            throw new IllegalArgumentException(
                                    entry.getKey() + " is already in use");
                        }
                        gradients.put(entry.getKey(), group.gradients().slice(offset, size));
                        if (snapshot) {
                            best.put(entry.getKey(), group.best().slice(offset, size));
                        }
                        offset += padded(size);
                    }
                    return group;
                });
    }

    /** Bytes of all variables. */
    public long bytes() {
        return owned.stream().mapToLong(Buffer::bytes).sum();
    }

    @Override
    public void close() {
        owned.forEach(Buffer::close);
        owned.clear();
    }

    private Memory allocate(long bytes) {
        Buffer buffer = backend.allocate(bytes);
        owned.add(buffer);
        return buffer.slice(0, bytes);
    }

    private static long padded(long bytes) {
        return (bytes + LINE - 1) / LINE * LINE;
    }
}

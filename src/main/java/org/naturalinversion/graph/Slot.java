package org.naturalinversion.graph;

import org.naturalinversion.backend.Memory;

/**
 * Memory that a call will read or write: fixed from the start, or given a place in the arena once
 * all calls are known.
 */
public final class Slot {
    private final String label;
    private final long bytes;
    private Memory memory;
    private boolean constant;

    Slot(String label, long bytes) {
        this.label = label;
        this.bytes = bytes;
    }

    Slot(String label, Memory memory, boolean constant) {
        this(label, memory.bytes());
        this.memory = memory;
        this.constant = constant;
    }

    public long bytes() {
        return bytes;
    }

    /** Whether the memory behind this slot is the same in every step. */
    boolean isConstant() {
        return constant;
    }

    void setConstant() {
        constant = true;
    }

    boolean isPlaced() {
        return memory != null;
    }

    void place(Memory where) {
        memory = where;
    }

    Memory memory() {
        if (memory == null) {
            throw new IllegalStateException(label + " has no memory yet");
        }
        return memory;
    }

    @Override
    public String toString() {
        return label + " (" + bytes + " bytes)";
    }
}

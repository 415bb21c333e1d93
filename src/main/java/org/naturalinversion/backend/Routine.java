package org.naturalinversion.backend;

import java.util.List;

/** Native code that can be bound to arguments once and run many times. */
public interface Routine {
    /** The name that profiles and error messages use. */
    String name();

    /**
     * One letter per argument: {@code r} memory that is read, {@code w} memory that is written and
     * perhaps read, {@code i} an integer, {@code f} a real number. The memory planner learns from
     * it who reads and writes what.
     */
    String signature();

    /** Multiplications and additions of one run; 0 where memory traffic is what costs. */
    default double flops() {
        return 0;
    }

    /**
     * Fixes the arguments.
     *
     * @param arguments one per letter of the signature: a {@link Memory} or null for memory, a
     *     {@link Number} else
     * @throws IllegalArgumentException if number or kinds do not fit the signature
     */
    Task bind(List<Object> arguments);
}

package org.naturalinversion.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;

/**
 * A routine and its arguments, before memory is planned.
 *
 * @param label the node that asked for it
 * @param routine what runs
 * @param arguments {@link Slot} or null where the routine's signature has memory, {@link Number}
 *     elsewhere
 */
record Call(String label, Routine routine, List<Object> arguments) {
    Call {
        arguments = Collections.unmodifiableList(new ArrayList<>(arguments));
        if (arguments.size() != routine.signature().length()) {
            throw new IllegalArgumentException(
                    "%s takes %d arguments (%s), not %d"
                            .formatted(
                                    routine.name(),
                                    routine.signature().length(),
                                    routine.signature(),
                                    arguments.size()));
        }
    }

    List<Slot> reads() {
        return slots('r');
    }

    List<Slot> writes() {
        return slots('w');
    }

    /**
     * Bytes of all memory that is read or written: the floor under the time of a call that computes
     * little.
     */
    long bytes() {
        return arguments.stream()
                .filter(Slot.class::isInstance)
                .mapToLong(a -> ((Slot) a).bytes())
                .sum();
    }

    Task bind() {
        return routine.bind(
                Arrays.asList(
                        arguments.stream()
                                .map(a -> a instanceof Slot s ? s.memory() : a)
                                .toArray()));
    }

    private List<Slot> slots(char kind) {
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            if (routine.signature().charAt(i) == kind && arguments.get(i) instanceof Slot slot) {
                slots.add(slot);
            }
        }
        return slots;
    }
}

package org.naturalinversion.backend.jni;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.naturalinversion.backend.Memory;
import org.naturalinversion.backend.Routine;

/** What a routine is bound to. */
public final class Arguments {
    private Arguments() {}

    /**
     * Compares arguments with a routine's signature.
     *
     * @throws IllegalArgumentException if they do not fit
     */
    public static void check(Routine routine, List<Object> arguments) {
        String signature = routine.signature();
        if (arguments.size() != signature.length()) {
            throw new IllegalArgumentException(
                    "%s takes %d arguments (%s), not %d"
                            .formatted(
                                    routine.name(),
                                    signature.length(),
                                    signature,
                                    arguments.size()));
        }
        for (int i = 0; i < signature.length(); i++) {
            Object argument = arguments.get(i);
            boolean fits =
                    switch (signature.charAt(i)) {
                        case 'i' -> argument instanceof Integer || argument instanceof Long;
                        case 'f' -> argument instanceof Number;
                        default -> argument == null || argument instanceof Memory;
                    };
            if (!fits) {
                throw new IllegalArgumentException(
                        "argument %d of %s (%s) must be %s, not %s"
                                .formatted(
                                        i,
                                        routine.name(),
                                        signature,
                                        kind(signature.charAt(i)),
                                        text(argument)));
            }
        }
    }

    /** The buffers behind the arguments, each once. */
    public static Set<NativeBuffer> buffers(List<Object> arguments, NativeBackend backend) {
        Set<NativeBuffer> buffers = new LinkedHashSet<>();
        for (Object argument : arguments) {
            if (argument instanceof Memory memory) {
                buffers.add(NativeBuffer.of(memory, backend));
            }
        }
        return buffers;
    }

    /** The address of an argument's first byte. */
    public static long address(Memory memory, NativeBackend backend) {
        return NativeBuffer.of(memory, backend).address() + memory.offset();
    }

    /** All arguments, for messages. */
    public static String text(List<Object> arguments) {
        return arguments.stream().map(Arguments::text).collect(Collectors.joining(", ", "(", ")"));
    }

    private static String text(Object argument) {
        if (argument == null) {
            return "nothing";
        }
        if (argument instanceof Memory memory) {
            return memory.bytes() + " bytes";
        }
        return argument instanceof Number
                ? argument.toString()
                : argument.getClass().getSimpleName() + " " + argument;
    }

    private static String kind(char letter) {
        return switch (letter) {
            case 'i' -> "an integer";
            case 'f' -> "a number";
            case 'r' -> "memory to read";
            default -> "memory to write";
        };
    }
}

package org.naturalinversion.backend.jni;

import java.util.List;
import java.util.function.Function;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;

/**
 * Several routines that together do what one is asked for.
 *
 * @param parts binds each of them to what it needs of the arguments
 */
public record Sequence(
        String name, String signature, double flops, Function<List<Object>, List<Task>> parts)
        implements Routine {
    /** Tasks one after the other. */
    public static Task of(List<Task> parts) {
        if (parts.size() == 1) {
            return parts.get(0);
        }
        Task[] tasks = parts.toArray(Task[]::new);
        return () -> {
            for (Task task : tasks) {
                task.run();
            }
        };
    }

    @Override
    public Task bind(List<Object> arguments) {
        Arguments.check(this, arguments);
        return of(parts.apply(arguments));
    }
}

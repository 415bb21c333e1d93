package org.naturalinversion.backend.cpu;

import java.util.List;
import java.util.function.Function;
import org.naturalinversion.backend.Routine;
import org.naturalinversion.backend.Task;

/**
 * Several routines that together do what one is asked for.
 *
 * @param parts binds each of them to what it needs of the arguments
 */
record Sequence(
        String name, String signature, double flops, Function<List<Object>, List<Task>> parts)
        implements Routine {
    @Override
    public Task bind(List<Object> arguments) {
        Arguments.check(this, arguments);
        Task[] tasks = parts.apply(arguments).toArray(Task[]::new);
        return () -> {
            for (Task task : tasks) {
                task.run();
            }
        };
    }
}

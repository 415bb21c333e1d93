package org.naturalinversion.backend.cuda;

import java.util.List;
import org.naturalinversion.backend.Task;

/** How a {@link Problem} is solved. */
interface Way {
    /** In a word or two, for profiles. */
    String name();

    /** The problem, but for the element type of the result, which may be another. */
    Problem solved();

    /** Bytes of scratch memory. */
    long scratchBytes();

    /** The steps. */
    List<Task> bind(Operands operands);
}

package org.naturalinversion.backend.cuda;

import java.util.List;
import org.naturalinversion.backend.Task;

/** How a {@link Problem} is solved. */
interface Way {
    /** In a word or two, for profiles. */
    String name();

    /** The element type of what is computed, where it is not the problem's. */
    Problem solved();

    /** Bytes of scratch memory. */
    long scratchBytes();

    /** The steps. */
    List<Task> bind(Operands operands);
}

package org.naturalinversion.backend;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a backend runs on.
 *
 * @param backend the provider's name
 * @param device the processor, as its maker calls it
 * @param threads worker threads, 0 where the notion does not apply
 * @param versions libraries and instruction sets in use, by name
 * @param files where libraries were found that are not part of the program, by name
 * @param notes what is known of the libraries and avoided, a line each
 */
public record Description(
        String backend,
        String device,
        int threads,
        Map<String, String> versions,
        Map<String, String> files,
        List<String> notes) {
    public Description {
        // Sorted, so that what is written of it is the same every time.
        versions = Collections.unmodifiableMap(new TreeMap<>(versions));
        files = Collections.unmodifiableMap(new TreeMap<>(files));
        notes = List.copyOf(notes);
    }
}

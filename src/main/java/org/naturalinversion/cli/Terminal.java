package org.naturalinversion.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the output of this program is shown. */
final class Terminal {
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    private Terminal() {}

    /** Whether somebody sees standard error as it is written. */
    static boolean isStandardError() {
        try {
            String device = Files.readSymbolicLink(STANDARD_ERROR).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty");
        } catch (IOException e) {
            return System.console() != null;
        }
    }
}

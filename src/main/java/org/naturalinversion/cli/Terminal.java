package org.naturalinversion.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the output of this program is shown. */
final class Terminal {
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");

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

    /** Whether standard output goes to another program, which may read no further. */
    static boolean isStandardOutputPiped() {
        try {
            String target = Files.readSymbolicLink(STANDARD_OUTPUT).toString();
            return target.startsWith("pipe:") || target.startsWith("socket:");
        } catch (IOException e) {
            return false;
        }
    }
}

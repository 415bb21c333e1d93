package org.naturalinversion.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ni version}: the same as {@code --version}. */
@Command(name = "version", description = "Prints the program's version.")
final class VersionCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        CommandLine command = spec.commandLine();
        command.getParent().printVersionHelp(command.getOut());
    }
}

package org.naturalinversion.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ni completion}: a script that lets a shell complete commands and options. */
@Command(
        name = "completion",
        description = "Prints a completion script for bash and zsh.",
        footer = {"", "Example, in ~/.bashrc or ~/.zshrc:", "  source <(ni completion)"})
final class CompletionCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        CommandLine command = spec.commandLine();
        // One script serves both: it asks which of them reads it.
        command.getOut().println(AutoComplete.bash("ni", command.getParent()));
    }
}

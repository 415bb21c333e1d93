package org.naturalinversion.cli;

import java.util.Map;
import org.naturalinversion.app.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ni help}: the same as {@code --help}. */
@Command(name = "help", description = "Shows help for the program or for one command.")
final class HelpCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "COMMAND", arity = "0..1", description = "The command to show.")
    private String name;

    @Override
    public void run() {
        command(spec, name).usage(spec.commandLine().getOut());
    }

    /**
     * A command of the program, or the program itself.
     *
     * @param sibling any command of it
     * @param name null for the program
     */
    static CommandLine command(CommandSpec sibling, String name) {
        CommandLine program = sibling.commandLine().getParent();
        Map<String, CommandLine> commands = program.getSubcommands();
        if (name != null && !commands.containsKey(name)) {
            throw new UsageException(Nearest.unknown("command", name, commands.keySet()));
        }
        return name == null ? program : commands.get(name);
    }
}

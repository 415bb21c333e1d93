package org.naturalinversion.cli;

import java.util.List;
import java.util.Locale;
import org.naturalinversion.app.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ni man}: the help of a command as a manual page, in roff. */
@Command(
        name = "man",
        description = "Prints the manual page of the program or of one command.",
        footer = {
            "",
            "Examples:",
            "  ni man synthesize | man -l -",
            "  ni man synthesize > ~/.local/share/man/man1/ni-synthesize.1"
        })
final class ManCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "COMMAND", arity = "0..1", description = "The command to print.")
    private String name;

    @Override
    public void run() {
        spec.commandLine().getOut().print(page(HelpCommand.command(spec, name)));
    }

    /** A command's manual page. */
    static String page(CommandLine command) {
        Help help = command.getHelp();
        String title = command.getCommandSpec().qualifiedName("-");
        StringBuilder page = new StringBuilder();
        page.append(
                ".TH %s 1 \"\" \"%s %s\"\n"
                        .formatted(title.toUpperCase(Locale.ROOT), Version.NAME, Version.number()));
        section(page, "NAME", roff(title) + " \\- " + roff(help.description().strip()));
        section(page, "SYNOPSIS", ".nf\n%s\n.fi".formatted(roff(help.synopsis(0).strip())));
        if (!command.getSubcommands().isEmpty()) {
            page.append(".SH COMMANDS\n");
            command.getSubcommands()
                    .forEach((name, each) -> entry(page, name, each.getHelp().description()));
        }
        addOptions(page, help);
        String examples = help.footer().strip();
        if (!examples.isEmpty()) {
            section(page, "NOTES", ".nf\n%s\n.fi".formatted(roff(examples)));
        }
        return page.toString();
    }

    private static void addOptions(StringBuilder page, Help help) {
        List<HelpSections.Section> sections = HelpSections.of(help.commandSpec());
        for (HelpSections.Section section : sections) {
            page.append(".SH \"%s\"\n".formatted(section.title().toUpperCase(Locale.ROOT)));
            section.options().forEach(option -> addOption(page, help, option));
            if (!section.explanation().isEmpty()) {
                page.append(".PP\n.nf\n%s\n.fi\n".formatted(roff(section.explanation().strip())));
            }
        }
    }

    private static void addOption(StringBuilder page, Help help, OptionSpec option) {
        Text[] row =
                help.createDefaultOptionRenderer()
                        .render(option, help.createDefaultParamLabelRenderer(), help.colorScheme())[
                        0];
        int last = row.length - 1;
        entry(
                page,
                "%s%s %s".formatted(row[1], row[2], row[last - 1]).strip(),
                row[last].toString());
    }

    private static void section(StringBuilder page, String title, String text) {
        page.append(".SH %s\n%s\n".formatted(title, text));
    }

    private static void entry(StringBuilder page, String what, String meaning) {
        page.append(".TP\n.B %s\n%s\n".formatted(roff(what), roff(meaning.strip())));
    }

    /** Text in which roff reads no commands. */
    private static String roff(String text) {
        return text.replace("\\", "\\e").replace("-", "\\-").replaceAll("(?m)^(?=[.'])", "\\\\&");
    }
}

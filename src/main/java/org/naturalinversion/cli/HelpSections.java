package org.naturalinversion.cli;

import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Shows a command's options under the names of their mixins, those of the program last. */
final class HelpSections implements IHelpSectionRenderer {
    private HelpSections() {}

    /** Makes a command show its options so. */
    static void install(CommandLine command) {
        if (command.getCommandSpec().mixins().containsKey(ProgramOptions.NAME)) {
            command.getHelpSectionMap()
                    .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, new HelpSections());
        }
    }

    @Override
    public String render(Help help) {
        Map<String, CommandSpec> mixins = help.commandSpec().mixins();
        StringBuilder text = new StringBuilder();
        mixins.keySet().stream()
                .filter(name -> !name.equals(ProgramOptions.NAME))
                .forEach(name -> append(text, help, name));
        append(text, help, ProgramOptions.NAME);
        return text.toString();
    }

    private static void append(StringBuilder text, Help help, String mixin) {
        Help.Layout layout = help.createDefaultLayout();
        layout.addAllOptions(
                help.commandSpec().mixins().get(mixin).options(),
                help.createDefaultParamLabelRenderer());
        text.append(String.format("%n%s:%n", mixin)).append(layout);
    }
}

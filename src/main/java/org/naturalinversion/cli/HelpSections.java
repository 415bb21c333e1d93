package org.naturalinversion.cli;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Shows a command's options under the names of their mixins, those of the program last. */
final class HelpSections implements IHelpSectionRenderer {
    /** Options that are explained by more than a line each. */
    interface Explained {
        /** What stands below them. */
        String explanation();
    }

    /**
     * Options that belong together.
     *
     * @param title what they are about
     * @param explanation what stands below them; may be empty
     */
    record Section(String title, List<OptionSpec> options, String explanation) {}

    private HelpSections() {}

    /** Makes a command show its options so. */
    static void install(CommandLine command) {
        if (!of(command.getCommandSpec()).isEmpty()) {
            command.getHelpSectionMap()
                    .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, new HelpSections());
        }
    }

    /** The sections of a command; none if its options are no mixins. */
    static List<Section> of(CommandSpec command) {
        Map<String, CommandSpec> mixins = command.mixins();
        if (!mixins.containsKey(ProgramOptions.NAME)) {
            return List.of();
        }
        return Stream.concat(
                        mixins.keySet().stream().filter(name -> !name.equals(ProgramOptions.NAME)),
                        Stream.of(ProgramOptions.NAME))
                .map(name -> section(name, mixins.get(name)))
                .toList();
    }

    private static Section section(String name, CommandSpec mixin) {
        return new Section(
                name,
                mixin.options(),
                mixin.userObject() instanceof Explained explained ? explained.explanation() : "");
    }

    @Override
    public String render(Help help) {
        StringBuilder text = new StringBuilder();
        for (Section section : of(help.commandSpec())) {
            Help.Layout layout = help.createDefaultLayout();
            layout.addAllOptions(section.options(), help.createDefaultParamLabelRenderer());
            text.append(String.format("%n%s:%n", section.title()))
                    .append(layout)
                    .append(section.explanation());
        }
        return text.toString();
    }
}

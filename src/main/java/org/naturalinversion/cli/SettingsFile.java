package org.naturalinversion.cli;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.naturalinversion.data.DataFileException;
import org.naturalinversion.model.io.ModelFileException;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A YAML file with values for options that are not given: their names without dashes, and a value
 * or a list of values each. The manifest of a run, whose settings these are, is such a file too. It
 * may come from anybody.
 */
final class SettingsFile implements IDefaultValueProvider {
    private static final String DASHES = "--";
    private static final String NO = "no-";

    /** Settings that people write are shorter. */
    private static final int MOST_YAML_BYTES = 1 << 20;

    /** A manifest names every image. */
    private static final int MOST_BYTES = 64 << 20;

    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    /** What a manifest calls its settings; no option is called so. */
    private static final String IN_MANIFEST = "settings";

    /**
     * What a file may not say, since files come from others: where code is loaded from, where
     * something is written to, and that what is there may go.
     */
    private static final Set<String> COMMAND_LINE_ONLY =
            Set.of("config", "cuda-path", "out", "csv", "json-out", "force", "resume");

    private final Path path;
    private final List<String> problems = new ArrayList<>();
    private final Map<String, String> values = new TreeMap<>();

    private SettingsFile(Path path) {
        this.path = path;
    }

    /**
     * Reads a file for a command.
     *
     * @throws DataFileException if the file cannot be read or is no YAML mapping
     */
    static SettingsFile read(Path path, CommandSpec command) {
        SettingsFile file = new SettingsFile(path);
        JsonNode root = parse(path);
        JsonNode settings = root.path(IN_MANIFEST).isObject() ? root.get(IN_MANIFEST) : root;
        Map<String, OptionSpec> options = options(command);
        settings.properties()
                .forEach(entry -> file.take(entry.getKey(), entry.getValue(), options));
        return file;
    }

    private static JsonNode parse(Path path) {
        byte[] bytes = read(path);
        JsonNode root = manifest(bytes);
        if (root == null) {
            if (bytes.length > MOST_YAML_BYTES) {
                throw new DataFileException(path, "is larger than 1 MB, too large for settings");
            }
            root = SettingsYaml.parse(path, bytes);
        }
        if (!root.isObject()) {
            throw new DataFileException(path, "is not a YAML mapping of options to values");
        }
        return root;
    }

    /** All of a file, which may be a pipe. */
    private static byte[] read(Path path) {
        if (Files.isDirectory(path)) {
            throw new DataFileException(path, "is a folder, expected a file of settings");
        }
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new DataFileException(path, "is larger than 64 MB, too large for settings");
            }
            return bytes;
        } catch (IOException e) {
            throw new DataFileException(path, "cannot be read: " + ModelFileException.reason(e), e);
        }
    }

    /**
     * What a program wrote, such as the manifest of a run, which may be long; null if it is none.
     */
    private static JsonNode manifest(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (IOException e) {
            return null;
        }
    }

    /** The options that may stand in a file, by the names that they have there. */
    private static Map<String, OptionSpec> options(CommandSpec command) {
        return command.options().stream()
                .filter(option -> !option.usageHelp() && !option.versionHelp())
                .collect(Collectors.toMap(SettingsFile::name, o -> o));
    }

    private void take(String key, JsonNode value, Map<String, OptionSpec> options) {
        boolean negated = key.startsWith(NO) && !options.containsKey(key);
        String name = negated ? key.substring(NO.length()) : key;
        OptionSpec option = options.get(name);
        if (option == null || negated && !option.negatable()) {
            problems.add(path + ": " + Nearest.unknown("setting", key, options.keySet()));
        } else if (COMMAND_LINE_ONLY.contains(name)) {
            problems.add("%s: %s can only be set on the command line".formatted(path, name));
        } else if (value.isNull() || value.isObject()) {
            problems.add("%s: %s has no value".formatted(path, key));
        } else if (holdsMoreThanValues(value)) {
            problems.add("%s: %s must be a value or a list of values".formatted(path, key));
        } else if (negated && !value.asText().matches("true|false")) {
            problems.add("%s: %s must be true or false, not %s".formatted(path, key, value));
        } else if (negated) {
            values.put(name, Boolean.toString(!value.asBoolean()));
        } else {
            values.put(name, text(value, option.splitRegex()));
        }
    }

    private static boolean holdsMoreThanValues(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .anyMatch(each -> each.isContainerNode() || each.isNull());
    }

    /** A value as it would be given on the command line; lists as the option divides them. */
    private static String text(JsonNode value, String divider) {
        return value.isArray()
                ? StreamSupport.stream(value.spliterator(), false)
                        .map(JsonNode::asText)
                        .collect(Collectors.joining(divider.isEmpty() ? "," : divider))
                : value.asText();
    }

    /** Names that are no options, and options without a value, a line each. */
    List<String> problems() {
        return problems;
    }

    /** Takes no value for an option. */
    void forget(String option) {
        values.remove(option.substring(DASHES.length()));
    }

    /** Puts a value aside that an option cannot have; says whether there was one. */
    boolean refuse(OptionSpec option, String problem) {
        boolean refused = values.remove(name(option)) != null;
        if (refused) {
            problems.add(path + ": " + problem);
        }
        return refused;
    }

    @Override
    public String defaultValue(ArgSpec argument) {
        return values.get(name(argument));
    }

    private static String name(ArgSpec argument) {
        return argument instanceof OptionSpec option
                ? option.longestName().substring(DASHES.length())
                : "";
    }
}

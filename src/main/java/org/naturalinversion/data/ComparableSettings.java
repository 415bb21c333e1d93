package org.naturalinversion.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Settings by name in a form in which equal ones are equal, however a program has written them: 10,
 * 10.0 and 1e1 are one number.
 */
final class ComparableSettings {
    private static final JsonMapper JSON = new JsonMapper();

    private final Map<String, String> values = new TreeMap<>();

    /**
     * Takes settings.
     *
     * @param settings an object, or something that becomes one
     * @param indifferent names of those that make no difference
     */
    ComparableSettings(Object settings, Collection<String> indifferent) {
        JsonNode root = JSON.valueToTree(settings);
        root.properties().forEach(e -> values.put(e.getKey(), plain(e.getValue())));
        values.keySet().removeAll(indifferent);
    }

    private static String plain(JsonNode value) {
        if (value.isArray()) {
            return StreamSupport.stream(value.spliterator(), false)
                    .map(ComparableSettings::plain)
                    .collect(Collectors.joining(", ", "[", "]"));
        }
        if (!value.isNumber()) {
            return value.asText();
        }
        try {
            return new BigDecimal(value.asText()).stripTrailingZeros().toString();
        } catch (NumberFormatException e) {
            return value.asText();
        }
    }

    /** In which settings these differ from others, a line each. */
    List<String> differencesFrom(ComparableSettings other) {
        Set<String> names = new TreeSet<>(values.keySet());
        names.addAll(other.values.keySet());
        List<String> differences = new ArrayList<>();
        for (String name : names) {
            String mine = values.getOrDefault(name, "not set");
            String theirs = other.values.getOrDefault(name, "not set");
            if (!mine.equals(theirs)) {
                differences.add("%s is %s, not %s".formatted(name, mine, theirs));
            }
        }
        return differences;
    }

    /** A SHA-256 that equal settings have in common. */
    String sha256() {
        StringBuilder all = new StringBuilder();
        values.forEach((name, value) -> all.append(name).append('=').append(value).append('\n'));
        return Sha256.of(all.toString().getBytes(StandardCharsets.UTF_8));
    }
}

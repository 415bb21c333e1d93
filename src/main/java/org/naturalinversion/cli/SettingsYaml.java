package org.naturalinversion.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.Serial;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.Iterator;
import org.naturalinversion.data.DataFileException;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.reader.UnicodeReader;

/**
 * One YAML document of settings, as plain text: numbers unparsed, aliases resolved, tags ignored.
 */
final class SettingsYaml {
    /** Settings within a manifest have a list within. */
    private static final int DEEPEST = 3;

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private SettingsYaml() {}

    /**
     * Reads a document.
     *
     * @param path named in what is thrown
     * @throws DataFileException if it is not YAML, sets something twice, or has another document
     */
    static JsonNode parse(Path path, byte[] bytes) {
        try {
            Iterator<Node> documents =
                    new Yaml(new SafeConstructor(new LoaderOptions()))
                            .composeAll(new UnicodeReader(new ByteArrayInputStream(bytes)))
                            .iterator();
            JsonNode first =
                    documents.hasNext() ? node(documents.next(), DEEPEST) : JSON.nullNode();
            if (documents.hasNext()) {
                throw new DataFileException(path, "contains more than one YAML document");
            }
            return first;
        } catch (YAMLException e) {
            throw new DataFileException(path, "cannot be read as YAML: " + reason(e), e);
        }
    }

    private static JsonNode node(Node node, int depth) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getTag().equals(Tag.NULL)
                    ? JSON.nullNode()
                    : JSON.textNode(scalar.getValue());
        }
        if (depth > 0 && node instanceof SequenceNode sequence) {
            ArrayNode array = JSON.arrayNode();
            sequence.getValue().forEach(each -> array.add(node(each, depth - 1)));
            return array;
        }
        ObjectNode object = JSON.objectNode();
        if (depth > 0 && node instanceof MappingNode mapping) {
            for (NodeTuple entry : mapping.getValue()) {
                String key = node(entry.getKeyNode(), 0).asText();
                if (object.has(key)) {
                    throw new Duplicate(key, entry.getKeyNode().getStartMark());
                }
                object.set(key, node(entry.getValueNode(), depth - 1));
            }
        }
        return object;
    }

    private static String reason(YAMLException e) {
        String message = e.getMessage();
        if (e.getCause() instanceof CharacterCodingException) {
            return "it is not text in UTF-8";
        }
        if (e instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
            Mark mark = marked.getProblemMark();
            message =
                    "line %d, column %d: %s"
                            .formatted(
                                    mark.getLine() + 1, mark.getColumn() + 1, marked.getProblem());
        }
        return String.valueOf(message).replaceAll("\\s+", " ");
    }

    /** A setting that is set twice: which of its values is meant is unknown. */
    private static final class Duplicate extends MarkedYAMLException {
        @Serial private static final long serialVersionUID = 1L;

        Duplicate(String key, Mark mark) {
            super(null, null, "'%s' is set twice".formatted(key), mark);
        }
    }
}

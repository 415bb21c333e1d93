package org.naturalinversion.model.io;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.naturalinversion.model.io.Unpickler.Dict;

/**
 * The named tensors in what a checkpoint holds: a dict of tensors, alone or under a customary name
 * beside the epoch, the optimizer and whatever else a training script saves.
 */
final class StateDict {
    /** Customary names, the likeliest first; averaged weights only where there are no others. */
    private static final List<String> NAMES =
            List.of(
                    "state_dict",
                    "model_state_dict",
                    "model_state",
                    "model",
                    "net",
                    "network",
                    "weights",
                    "params",
                    "ema",
                    "ema_state_dict",
                    "state_dict_ema",
                    "model_ema",
                    "params_ema");

    /** What wrappers put before every name: data-parallel training, and compilation. */
    private static final List<String> PREFIXES = List.of("module.", "_orig_mod.");

    private static final int DEEPEST = 3;

    private StateDict() {}

    /**
     * The tensors of the state dict, in its order, by their names without the prefixes of wrappers.
     * Entries that are no tensors are left out.
     */
    static Map<String, TensorView> find(ModelFile file, Object root) {
        Map<String, TensorView> tensors =
                search(root, 0, Collections.newSetFromMap(new IdentityHashMap<>()));
        if (tensors.isEmpty()) {
            throw file.refuse(
                    "has no dict of tensors, neither at the top nor as 'state_dict', 'model' or the"
                            + " like; at the top is "
                            + describe(root));
        }
        return withoutPrefixes(tensors);
    }

    /** The numbers and texts beside the state dict, such as the epoch, in order of their names. */
    static Map<String, String> settings(Object root) {
        Map<String, String> settings = new TreeMap<>();
        if (root instanceof Dict dict) {
            dict.entries.forEach(
                    (key, value) -> {
                        if (key instanceof String name
                                && (value instanceof String
                                        || value instanceof Number
                                        || value instanceof Boolean)) {
                            settings.put(name, value.toString());
                        }
                    });
        }
        return settings;
    }

    private static Map<String, TensorView> search(Object value, int depth, Set<Object> seen) {
        if (!(value instanceof Dict dict) || depth == DEEPEST || !seen.add(dict)) {
            return Map.of();
        }
        for (String name : NAMES) {
            Map<String, TensorView> nested = search(dict.entries.get(name), depth + 1, seen);
            if (!nested.isEmpty()) {
                return nested;
            }
        }
        Map<String, TensorView> tensors = new LinkedHashMap<>();
        dict.entries.forEach(
                (key, item) -> {
                    if (key instanceof String name && item instanceof TensorView tensor) {
                        tensors.put(name, tensor);
                    }
                });
        return tensors;
    }

    private static Map<String, TensorView> withoutPrefixes(Map<String, TensorView> tensors) {
        for (String prefix : PREFIXES) {
            if (tensors.keySet().stream().allMatch(name -> name.startsWith(prefix))) {
                Map<String, TensorView> shorter = new LinkedHashMap<>();
                tensors.forEach(
                        (name, tensor) -> shorter.put(name.substring(prefix.length()), tensor));
                return withoutPrefixes(shorter);
            }
        }
        return tensors;
    }

    private static String describe(Object root) {
        if (root instanceof Dict dict) {
            return "a dict of "
                    + dict.entries.keySet().stream()
                            .filter(String.class::isInstance)
                            .limit(8)
                            .map(key -> ModelFileException.quote((String) key))
                            .collect(Collectors.joining(", ", "[", "]"));
        }
        return root instanceof TensorView ? "a single tensor" : "something else";
    }
}

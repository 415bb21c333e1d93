package org.naturalinversion.model.io;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The names of a file's tensors, whatever code base they come from. Two names mean the same tensor
 * if they are equal, or else become equal when both are spelled in one way; a spelling that two
 * tensors of a file share means neither.
 */
final class Names {
    /** A custom of some code bases, and how the spelling has it. */
    private record Rule(Pattern custom, String spelling) {
        static Rule of(String custom, String spelling) {
            return new Rule(Pattern.compile(custom), spelling);
        }

        String apply(String name) {
            return custom.matcher(name).replaceAll(spelling);
        }
    }

    private static final List<Rule> CUSTOMS =
            List.of(
                    // What wraps the network, or a part of it: nn.DataParallel, torch.compile.
                    Rule.of("(?<=^|\\.)(module|_orig_mod|model|net|network|backbone)\\.", ""),
                    // torchvision has downsample where others have shortcut.
                    Rule.of("\\.downsample\\.", ".shortcut."),
                    // Wide residual networks have one convolution there, and no sequence.
                    Rule.of("\\.conv_?[sS]hortcut\\.", ".shortcut.0."),
                    // The last layer, or layers.
                    Rule.of("^(fc|classifier|head|last_linear|output)\\.", "linear."));

    /** A last layer behind others without weights, such as dropout. */
    private static final Rule SEQUENCE = Rule.of("^linear\\.\\d+\\.", "linear.");

    /** From exact to daring; a later one decides only where those before leave names over. */
    private static final List<UnaryOperator<String>> SPELLINGS =
            List.of(UnaryOperator.identity(), Names::spell, name -> SEQUENCE.apply(spell(name)));

    private final List<Map<String, String>> spelled;

    Names(Collection<String> found) {
        spelled = SPELLINGS.stream().map(spelling -> unique(found, spelling)).toList();
    }

    /** For each of an architecture's names the file's, if it has one. */
    Map<String, String> of(Collection<String> expected) {
        Map<String, String> matches = new LinkedHashMap<>();
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < SPELLINGS.size(); i++) {
            List<String> left = expected.stream().filter(n -> !matches.containsKey(n)).toList();
            Map<String, String> found = spelled.get(i);
            unique(left, SPELLINGS.get(i))
                    .forEach(
                            (spelling, name) -> {
                                String match = found.get(spelling);
                                if (match != null && taken.add(match)) {
                                    matches.put(name, match);
                                }
                            });
        }
        return matches;
    }

    private static String spell(String name) {
        String spelling = name;
        for (Rule rule : CUSTOMS) {
            spelling = rule.apply(spelling);
        }
        return spelling;
    }

    /** Names by their spelling, those left out that share one. */
    private static Map<String, String> unique(
            Collection<String> names, UnaryOperator<String> spelling) {
        Map<String, String> unique = new HashMap<>();
        Set<String> shared = new HashSet<>();
        for (String name : names) {
            String spelled = spelling.apply(name);
            if (unique.put(spelled, name) != null) {
                shared.add(spelled);
            }
        }
        unique.keySet().removeAll(shared);
        return unique;
    }
}

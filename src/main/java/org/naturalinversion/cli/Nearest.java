package org.naturalinversion.cli;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.naturalinversion.model.EditDistance;

/** The known word nearest to an unknown one. */
final class Nearest {
    /** More letters wrong than this share of the word, and something else was meant. */
    private static final double WRONG = 0.4;

    private static final int FEW = 8;

    /** No name is that long, and comparing takes time by the square of it. */
    private static final int LONGEST = 80;

    private Nearest() {}

    /**
     * Reports an unknown word, with the one that was probably meant, or else with all if they are
     * few.
     */
    static String unknown(String kind, String word, Collection<String> known) {
        String hint =
                to(word, known)
                        .map(" (did you mean %s?)"::formatted)
                        .orElse(
                                known.size() <= FEW
                                        ? " (choose one of %s)"
                                                .formatted(String.join(", ", new TreeSet<>(known)))
                                        : "");
        return "there is no %s '%s'%s".formatted(kind, word, hint);
    }

    /**
     * The one known word that begins so; else that with the fewest letters to change, unless that
     * is most of them.
     */
    static Optional<String> to(String word, Collection<String> known) {
        if (word.length() > LONGEST) {
            return Optional.empty();
        }
        List<String> longer = known.stream().filter(each -> each.startsWith(word)).toList();
        return longer.size() == 1
                ? Optional.of(longer.get(0))
                : known.stream()
                        .map(each -> Map.entry(EditDistance.between(word, each), each))
                        .filter(each -> each.getKey() <= WRONG * word.length())
                        .min(Map.Entry.comparingByKey())
                        .map(Map.Entry::getValue);
    }
}

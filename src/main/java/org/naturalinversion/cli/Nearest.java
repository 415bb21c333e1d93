package org.naturalinversion.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.TreeSet;

/** The known word that was probably meant. */
final class Nearest {
    /** More letters wrong than this share of the word, and something else was meant. */
    private static final double WRONG = 0.4;

    private static final int FEW = 8;

    private Nearest() {}

    /** Says that a word is not known, and which was probably meant, or else which few there are. */
    static String unknown(String kind, String word, Collection<String> known) {
        String hint =
                to(word, known)
                        .map(" (did you mean %s?)"::formatted)
                        .orElse(
                                known.size() <= FEW
                                        ? " (there are %s)"
                                                .formatted(String.join(", ", new TreeSet<>(known)))
                                        : "");
        return "there is no %s '%s'%s".formatted(kind, word, hint);
    }

    /** The known word with the fewest letters to change, unless that is most of them. */
    static Optional<String> to(String word, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
                .filter(best -> distance(word, best) <= WRONG * word.length());
    }

    /** How many letters must be put in, left out or changed (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j - 1], row[j]));
            }
        }
        return row[row.length - 1];
    }
}

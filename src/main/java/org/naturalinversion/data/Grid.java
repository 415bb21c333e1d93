package org.naturalinversion.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Many pictures in one, enlarged so that small ones can be looked at: a row for each class, its
 * number at the left; or where there are few pictures of a class, a square in the order of classes.
 */
public final class Grid {
    /** Small pictures are enlarged to about this many pixels. */
    private static final int COMFORTABLE = 96;

    private static final int GAP = 4;
    private static final int MARGIN = 12;
    private static final int PAPER = 255;
    private static final int INK = 96;

    /** From so many pictures of every class on, classes have rows. */
    private static final int ROW = 4;

    private static final int MOST_COLUMNS = 12;
    private static final int MOST_ROWS = 20;
    private static final int MOST_IN_SQUARE = 256;

    /** Digits, three bits a row, from the top. */
    private static final int[] DIGITS = {
        0b111_101_101_101_111,
        0b010_110_010_010_111,
        0b111_001_111_100_111,
        0b111_001_111_001_111,
        0b101_101_111_001_001,
        0b111_100_111_001_111,
        0b111_100_111_101_111,
        0b111_001_001_001_001,
        0b111_101_111_101_111,
        0b111_101_111_001_111
    };

    private static final int DIGIT_HEIGHT = 5;
    private static final int DIGIT_WIDTH = 3;
    private static final int DIGIT_SCALE = 4;

    private Grid() {}

    /**
     * Draws a grid. Of more pictures, or more classes, than look well the first are shown; {@link
     * #shown} says how many that are.
     *
     * @param pictures of one size
     * @param labels the class of each
     */
    public static Picture draw(List<Picture> pictures, List<Integer> labels) {
        Map<Integer, List<Picture>> classes = byClass(pictures, labels);
        return hasRows(classes) ? rows(classes) : square(classes);
    }

    /** How many pictures of such labels a grid shows. */
    public static int shown(List<Integer> labels) {
        Map<Integer, List<Integer>> classes = byClass(labels, labels);
        return hasRows(classes)
                ? firstRows(classes).values().stream().mapToInt(List::size).sum()
                : Math.min(MOST_IN_SQUARE, labels.size());
    }

    private static <T> Map<Integer, List<T>> byClass(List<T> all, List<Integer> labels) {
        Map<Integer, List<T>> classes = new TreeMap<>();
        for (int i = 0; i < all.size(); i++) {
            classes.computeIfAbsent(labels.get(i), c -> new ArrayList<>()).add(all.get(i));
        }
        return classes;
    }

    private static <T> boolean hasRows(Map<Integer, List<T>> classes) {
        return classes.values().stream().allMatch(row -> row.size() >= ROW);
    }

    private static <T> Map<Integer, List<T>> firstRows(Map<Integer, List<T>> classes) {
        Map<Integer, List<T>> rows = new TreeMap<>();
        classes.entrySet().stream()
                .limit(MOST_ROWS)
                .forEach(
                        e -> {
                            List<T> all = e.getValue();
                            rows.put(
                                    e.getKey(), all.subList(0, Math.min(MOST_COLUMNS, all.size())));
                        });
        return rows;
    }

    private static Picture rows(Map<Integer, List<Picture>> classes) {
        Map<Integer, List<Picture>> first = firstRows(classes);
        List<Integer> numbers = List.copyOf(first.keySet());
        List<List<Picture>> rows = List.copyOf(first.values());
        int digits = Integer.toString(numbers.get(numbers.size() - 1)).length();
        int left = 2 * MARGIN + digits * (DIGIT_WIDTH + 1) * DIGIT_SCALE;
        Picture grid = table(rows, left);
        int cell = (grid.height() - 2 * MARGIN + GAP) / rows.size();
        int middle = MARGIN + (cell - GAP - DIGIT_HEIGHT * DIGIT_SCALE) / 2;
        for (int r = 0; r < rows.size(); r++) {
            write(grid, numbers.get(r), middle + r * cell, left - MARGIN);
        }
        return grid;
    }

    private static Picture square(Map<Integer, List<Picture>> classes) {
        List<Picture> all =
                classes.values().stream().flatMap(List::stream).limit(MOST_IN_SQUARE).toList();
        int columns = (int) Math.ceil(Math.sqrt(all.size()));
        List<List<Picture>> rows = new ArrayList<>();
        for (int i = 0; i < all.size(); i += columns) {
            rows.add(all.subList(i, Math.min(all.size(), i + columns)));
        }
        return table(rows, MARGIN);
    }

    private static Picture table(List<List<Picture>> rows, int left) {
        Picture first = rows.get(0).get(0);
        int times = Math.max(1, Math.round((float) COMFORTABLE / first.width()));
        int height = first.height() * times + GAP;
        int width = first.width() * times + GAP;
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        Picture table =
                Picture.blank(
                        2 * MARGIN + rows.size() * height - GAP,
                        left + columns * width - GAP + MARGIN,
                        first.channels(),
                        PAPER);
        for (int r = 0; r < rows.size(); r++) {
            for (int c = 0; c < rows.get(r).size(); c++) {
                Picture picture = rows.get(r).get(c).enlarged(times);
                table.paste(picture, MARGIN + r * height, left + c * width);
            }
        }
        return table;
    }

    /** Writes a number that ends, with the space behind it, at the given column. */
    private static void write(Picture grid, int number, int top, int right) {
        String digits = Integer.toString(number);
        Picture dot = Picture.blank(DIGIT_SCALE, DIGIT_SCALE, grid.channels(), INK);
        int left = right - digits.length() * (DIGIT_WIDTH + 1) * DIGIT_SCALE;
        for (int i = 0; i < digits.length(); i++) {
            int glyph = DIGITS[digits.charAt(i) - '0'];
            for (int bit = 0; bit < DIGIT_HEIGHT * DIGIT_WIDTH; bit++) {
                if ((glyph >> (DIGIT_HEIGHT * DIGIT_WIDTH - 1 - bit) & 1) == 1) {
                    int x = i * (DIGIT_WIDTH + 1) + bit % DIGIT_WIDTH;
                    int y = bit / DIGIT_WIDTH;
                    grid.paste(dot, top + y * DIGIT_SCALE, left + x * DIGIT_SCALE);
                }
            }
        }
    }
}
